import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emqxOffset } from "../../../src/render/emqx/offset.ts";
import { nodeName, refused, rendered } from "../requests.ts";

const named = (name: string) => `${name}@core.nodes.example`;
const offsetOf = (name: string) => {
  const offset = emqxOffset(nodeName(named(name)), null);
  if (!offset.ok) throw new Error(offset.error.code);
  return offset.value;
};

describe("EMQX's ports (erlang.md §8)", () => {
  it.each([
    ["emqx", 0, 4370, 5370],
    ["emqx1", 1, 4371, 5371],
    ["emqx-1", 1, 4371, 5371],
    ["emqx01", 1, 4371, 5371],
    ["emqx10", 10, 4380, 5380],
    ["emqx65535", 5535, 9905, 10905],
    ["emqx1-2", 2, 4372, 5372],
    ["e2mqx", 0, 4370, 5370],
    ["emqx1a", 0, 4370, 5370],
    ["emqx60001", 1, 4371, 5371],
    ["emqx99999999999", 39999, 44369, 45369],
    ["emqx59999", 59999, 64369, 65369],
    ["emqx60000", 0, 4370, 5370],
    ["42", 42, 4412, 5412],
  ])("of %s are %d more: %d and %d", (name, offset, distribution, rpc) => {
    const rendering = rendered("emqx", { node: named(name) });
    expect(rendering.portOffset).toBe(offset);
    expect(rendering.ports).toEqual([
      { name: "distribution", port: distribution, protocol: "tcp", peers: "cluster" },
      { name: "rpc", port: rpc, protocol: "tcp", peers: "cluster" },
    ]);
    expect(rendering.exclusivePorts).toEqual([distribution, rpc]);
  });

  it("have RPC on 5369 in a container, where only distribution follows the name", () => {
    for (const packaging of ["docker", "kubernetes"]) {
      const { ports, exclusivePorts, portOffset } = rendered("emqx", {
        node: named("emqx7"),
        settings: { packaging },
      });
      expect(ports.map(({ name, port }) => [name, port])).toEqual([
        ["distribution", 4377],
        ["rpc", 5369],
      ]);
      expect([exclusivePorts, portOffset]).toEqual([[4377], 7]);
    }
  });

  it.each(["remsh", "remsh1", "remsh-maint"])("are none for %s, a remote shell's name", (name) => {
    expect(refused("emqx", { node: named(name) })).toMatchObject({
      code: "malformed-request",
      field: "node",
    });
  });

  it("may be asked for, but not otherwise than the name says", () => {
    expect(rendered("emqx", { node: named("emqx3"), portOffset: 3 }).portOffset).toBe(3);
    for (const portOffset of [0, 4, 60003, -3]) {
      expect(refused("emqx", { node: named("emqx3"), portOffset })).toMatchObject({
        code: "offset-conflict",
        field: "portOffset",
      });
    }
  });

  it("warn of numbers above 59999, whose ports are another's", () => {
    expect(rendered("emqx", { node: named("emqx59999") }).warnings).toEqual([]);
    expect(rendered("emqx", { node: named("emqx60000") }).warnings.map(({ code }) => code)).toEqual([
      "emqx-offset-wraps",
    ]);
  });

  it("are the decimal number at the end modulo 60000, however long it is", () => {
    const letters = fc
      .stringMatching(/^[a-z][a-z0-9_-]{0,10}[a-z_-]$/)
      .filter((name) => !name.startsWith("remsh"));
    fc.assert(
      fc.property(
        letters,
        fc.nat({ max: 59_999 }),
        fc.bigInt({ min: 0n, max: 10n ** 30n }),
        (name, rest, times) => {
          expect(offsetOf(`${name}${60_000n * times + BigInt(rest)}`)).toEqual({
            offset: rest,
            wraps: times > 0n,
          });
          expect(offsetOf(`${name}000${rest}`)).toEqual({ offset: rest, wraps: false });
          expect(offsetOf(`${name}${rest}x`)).toEqual({ offset: 0, wraps: false });
        },
      ),
    );
  });
});
