import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseHost } from "../../src/node/host.ts";
import { inBlock, parseAddressBlock } from "../../src/node/address-block.ts";

const holds = (text: string, address: string): boolean => {
  const block = parseAddressBlock(text);
  const host = parseHost(address);
  if (block === null || host?.kind !== "ip")
    throw new Error(`not a block and an address: ${text}, ${address}`);
  return inBlock(block, host.octets);
};

const bits = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");

describe("address blocks", () => {
  it.each([
    ["10.20.0.0/16", "10.20.255.1"],
    ["10.20.0.128/25", "10.20.0.129"],
    ["10.20.0.12", "10.20.0.12"],
    ["10.20.0.12/32", "10.20.0.12"],
    ["fd00:20::/32", "fd00:20::12"],
    ["fd00:20::/33", "fd00:20:7fff::1"],
    ["::1", "::1"],
  ])("%s holds %s", (block, address) => {
    expect(holds(block, address)).toBe(true);
  });

  it.each([
    ["10.20.0.0/16", "10.21.0.1"],
    ["10.20.0.128/25", "10.20.0.127"],
    ["10.0.0.0/8", "a00::1"],
    ["fd00:20::/33", "fd00:20:8000::1"],
    ["::1", "::2"],
  ])("%s does not hold %s", (block, address) => {
    expect(holds(block, address)).toBe(false);
  });

  it.each([
    ["host bits", "10.20.0.1/16"],
    ["host bits of IPv6", "fd00:20::1/32"],
    ["more than a /8", "10.0.0.0/7"],
    ["every address", "0.0.0.0/0"],
    ["every IPv6 address", "::/0"],
    ["a prefix beyond the address", "10.20.0.0/33"],
    ["a prefix beyond the IPv6 address", "fd00::/129"],
    ["a prefix with a leading zero", "10.20.0.0/016"],
    ["an empty prefix", "10.20.0.0/"],
    ["two prefixes", "10.20.0.0/16/8"],
    ["three octets", "10.20.0/16"],
    ["an octet with a leading zero", "010.20.0.0/16"],
    ["IPv6 in upper case", "FD00:20::/32"],
    ["a host name", "mq.internal/24"],
  ])("%s is refused", (_defect, text) => {
    expect(parseAddressBlock(text)).toBeNull();
  });

  it("compares the first bits of an address and no others", () => {
    const octets = fc.uint8Array({ minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(octets, octets, fc.integer({ min: 8, max: 32 }), (a, b, prefix) => {
        const network = bits(a).slice(0, prefix).padEnd(32, "0");
        const dotted = [0, 8, 16, 24].map((at) => Number.parseInt(network.slice(at, at + 8), 2)).join(".");
        return holds(`${dotted}/${prefix}`, b.join(".")) === bits(b).startsWith(bits(a).slice(0, prefix));
      }),
    );
  });
});
