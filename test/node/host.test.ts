import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatIpv6, parseHost } from "../../src/node/host.ts";

describe("a host", () => {
  it.each([
    "mq-1",
    "mq-1.prod.internal",
    "a",
    "1a.b",
    "0x7g.internal",
    "0x1.internal",
    `${"n".repeat(63)}.zone`,
    "xn--bcher-kva.example",
  ])("may be the name %s", (text) => {
    expect(parseHost(text)?.kind).toBe("name");
  });
  it.each([
    ["192.168.0.11", [192, 168, 0, 11]],
    ["0.0.0.0", [0, 0, 0, 0]],
    ["::1", [...Array<number>(15).fill(0), 1]],
    ["fd00:20::12", [0xfd, 0, 0, 0x20, ...Array<number>(11).fill(0), 0x12]],
  ])("may be the address %s", (text, octets) => {
    expect(parseHost(text)).toEqual({ kind: "ip", text, octets: Uint8Array.from(octets) });
  });
  it.each([
    "",
    ".",
    "a.",
    ".a",
    "a..b",
    "-a",
    "a-",
    "A",
    "a_b",
    "a b",
    "ü",
    "K",
    "a\0",
    "*.zone",
    "*",
    `${"n".repeat(64)}.zone`,
    `${"a.".repeat(127)}a`,
    "1.2.3",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.4.5",
    "a.123",
    "999",
    "0x7f000001",
    "127.0.0.0x1",
    "a.0x",
    "[::1]",
    "::0001",
    "0:0:0:0:0:0:0:1",
    "::1::",
    "fe80::1%eth0",
    "::ffff:10.0.0.1",
    "2001:DB8::1",
    "1:2:3:4:5:6:7",
    ":::",
  ])("is not %j", (text) => {
    expect(parseHost(text)).toBeNull();
  });
  it("has one text for each IPv6 address (RFC 5952)", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (octets) => {
        expect(parseHost(formatIpv6(octets))).toMatchObject({ kind: "ip", octets });
      }),
    );
  });
  it.each([
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ])("compresses %s to %s", (groups, text) => {
    const octets = Uint8Array.from(
      groups
        .split(":")
        .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]),
    );
    expect(formatIpv6(octets)).toBe(text);
  });
});
