import { describe, expect, it } from "vitest";
import { encodePermittedNames } from "../../src/pki/encode-name-constraints.ts";
import { readNameConstraints } from "../../src/pki/name-constraints.ts";

describe("encodePermittedNames", () => {
  it.each([
    [["prod.internal"]],
    [["prod.internal", "mq-1", "a.b.c.d"]],
    [Array.from({ length: 40 }, (_, i) => `zone-${i}.internal`)],
  ])("writes what is read back: %j", (bases) => {
    expect(readNameConstraints(encodePermittedNames(bases))).toEqual({ permitted: bases, excluded: [] });
  });
});
