import { describe, expect, it } from "vitest";
import { ALL_PASSED, explained } from "../src/explain.ts";
import type { Refusal } from "../src/refusal.ts";

const checksOf = (refusal: Refusal) => explained(refusal).checks ?? [];
const failed = (refusal: Refusal): readonly string[] =>
  checksOf(refusal)
    .filter(({ pass }) => !pass)
    .map(({ name }) => name);

describe("a dry run's explanation", () => {
  it("says of every check that it passed, where nothing refused", () => {
    expect(ALL_PASSED.length).toBeGreaterThan(10);
    expect(ALL_PASSED.every(({ pass }) => pass)).toBe(true);
    expect(new Set(ALL_PASSED.map(({ name }) => name)).size).toBe(ALL_PASSED.length);
  });
  it("ends with the check that failed: what was not tried is not told", () => {
    expect(checksOf({ code: "credential-invalid", detail: "" })).toEqual([
      { name: "ca-can-sign", pass: true },
      { name: "credential-is-valid", pass: false },
    ]);
    expect(checksOf({ code: "port-collision", detail: "" })).toHaveLength(ALL_PASSED.length);
    expect(failed({ code: "port-collision", detail: "" })).toEqual(["port-is-free"]);
  });
  it("takes the policy's own checks for its part, each once", () => {
    const refusal: Refusal = {
      code: "node-not-allowed",
      detail: "",
      checks: [
        { name: "cluster-allows-name", pass: true },
        { name: "cluster-allows-host", pass: false },
        { name: "credential-names-node", pass: true },
      ],
    };
    expect(failed(refusal)).toEqual(["cluster-allows-host"]);
    const names = checksOf(refusal).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
  it("tells a stranger nothing of nodes", () => {
    const names = checksOf({ code: "credential-invalid", detail: "" }).map(({ name }) => name);
    expect(names.some((name) => name.includes("node"))).toBe(false);
  });
  it("leaves other refusals as they are", () => {
    const refusal: Refusal = { code: "cluster-unknown", detail: "" };
    expect(explained(refusal)).toBe(refusal);
  });
});
