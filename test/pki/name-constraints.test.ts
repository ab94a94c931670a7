import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { GeneralName } from "../../src/pki/general-name.ts";
import { areWithin, intersect, UNCONSTRAINED, type NameConstraints } from "../../src/pki/name-constraints.ts";

const within = (
  name: string,
  permitted: readonly string[] | null,
  excluded: readonly string[] = [],
): boolean => areWithin([{ type: "dns", value: name }], { permitted, excluded });

describe("a dNSName under constraints", () => {
  test.each<[string, string, readonly string[] | null, readonly string[], boolean]>([
    ["no limit", "a.example", null, [], true],
    ["the base itself", "example", ["example"], [], true],
    ["a label below the base", "a.example", ["example"], [], true],
    ["labels below the base", "c.b.a.example", ["example"], [], true],
    ["another zone", "a.other", ["example"], [], false],
    ["the base as a suffix of a label", "notexample", ["example"], [], false],
    ["the base in front", "example.other", ["example"], [], false],
    ["above the base", "example", ["a.example"], [], false],
    ["one of two bases", "a.other", ["example", "other"], [], true],
    ["nothing permitted", "a.example", [], [], false],
    ["the empty base, which is everything", "a.example", [""], [], true],
    ["a base with a dot, one label more", "a.example", [".example"], [], true],
    ["a base with a dot itself", "example", [".example"], [], false],
    ["excluded", "a.secret.example", ["example"], ["secret.example"], false],
    ["beside the excluded", "a.public.example", ["example"], ["secret.example"], true],
    ["excluded with nothing permitted or not", "a.example", null, ["example"], false],
    ["everything excluded", "a.example", null, [""], false],
    ["a wildcard inside", "*.example", ["example"], [], true],
    ["a wildcard that could stand for the excluded", "*.example", ["example"], ["secret.example"], false],
    ["an address written as a name", "10.0.0.1", ["example"], [], false],
  ])("%s", (_, name, permitted, excluded, expected) => {
    expect(within(name, permitted, excluded)).toBe(expected);
  });

  test("one name outside is enough", () => {
    const names: readonly GeneralName[] = ["a.example", "b.other", "c.example"].map((value) => ({
      type: "dns",
      value,
    }));
    expect(areWithin(names, { permitted: ["example"], excluded: [] })).toBe(false);
    expect(areWithin(names.toSpliced(1, 1), { permitted: ["example"], excluded: [] })).toBe(true);
  });

  test("addresses are not constrained by names", () => {
    expect(areWithin([{ type: "ip", value: "10.0.0.1" }], { permitted: ["example"], excluded: [] })).toBe(
      true,
    );
  });
});

describe("two certificates of a chain", () => {
  const label = fc.constantFrom("a", "b", "c");
  const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
  const base = fc.oneof(
    name,
    name.map((text) => `.${text}`),
    fc.constant(""),
  );
  const bases = fc.array(base, { maxLength: 3 });
  const constraints: fc.Arbitrary<NameConstraints> = fc.record({
    permitted: fc.option(bases),
    excluded: bases,
  });

  test("allow together exactly what each allows", () => {
    fc.assert(
      fc.property(constraints, constraints, name, (a, b, value) => {
        const names: readonly GeneralName[] = [{ type: "dns", value }];
        expect(areWithin(names, intersect(a, b))).toBe(areWithin(names, a) && areWithin(names, b));
      }),
      { numRuns: 5_000 },
    );
  });

  test("one without limits changes nothing", () => {
    fc.assert(
      fc.property(constraints, (a) => {
        expect(intersect(a, UNCONSTRAINED)).toEqual(a);
        expect(intersect(UNCONSTRAINED, a)).toEqual(a);
      }),
    );
  });
});
