import { describe, expect, it } from "vitest";
import { ALL_PASSED, explainedToStrangers, failed, inOrder, passed } from "../src/explain.ts";
import type { Check, Refusal } from "../src/refusal.ts";

const REFUSAL: Refusal = { code: "weak-key", detail: "the key is weak" };
const NAMES = ALL_PASSED.map(({ name }) => name);
const by = (checks: readonly Check[], pass: Check["pass"]): readonly string[] =>
  checks.filter((check) => check.pass === pass).map(({ name }) => name);

describe("a dry run's explanation", () => {
  it("says of every check that it passed, where nothing refused", () => {
    expect(ALL_PASSED.length).toBeGreaterThan(10);
    expect(by(ALL_PASSED, true)).toEqual(NAMES);
    expect(new Set(NAMES).size).toBe(ALL_PASSED.length);
  });
  it("names every check once and in order: passed, failed with its sentence, or not made and why", () => {
    const checks = inOrder([...failed("csr-is-acceptable", REFUSAL), ...passed("ca-can-sign")], "why not");
    expect(checks.map(({ name }) => name)).toEqual(NAMES);
    expect(checks).toContainEqual({ name: "csr-is-acceptable", pass: false, detail: "the key is weak" });
    expect(checks).toContainEqual({ name: "ca-can-sign", pass: true });
    expect(checks).toContainEqual({ name: "port-is-free", pass: null, detail: "why not" });
  });
  it("holds a check for failed that failed in one of two places", () => {
    const twice = [...passed("credential-is-free"), ...failed("credential-is-free", REFUSAL)];
    expect(by(inOrder(twice, ""), false)).toEqual(["credential-is-free"]);
    expect(failed("may-renew", null)).toEqual([]);
  });
});

describe("a stranger's dry run", () => {
  it.each<[Refusal, readonly string[], string]>([
    [{ code: "ca-unavailable", detail: "", retryAfterSeconds: 1 }, [], "ca-can-sign"],
    [{ code: "credential-invalid", detail: "" }, ["ca-can-sign"], "credential-is-valid"],
    [
      { code: "issuer-unavailable", detail: "", retryAfterSeconds: 1 },
      ["ca-can-sign"],
      "credential-is-valid",
    ],
    [
      { code: "too-many-requests", detail: "", retryAfterSeconds: 1 },
      ["ca-can-sign", "credential-is-valid"],
      "within-rate-limit",
    ],
    [{ code: "revoked", detail: "" }, ["ca-can-sign", "credential-is-valid"], "not-revoked"],
    [{ code: "renewal-refused", detail: "" }, ["ca-can-sign", "credential-is-valid"], "may-renew"],
  ])("%j is told as far as it came, and nothing else", (refusal, before, name) => {
    const checks = explainedToStrangers(refusal).checks ?? [];
    expect([by(checks, true), by(checks, false)]).toEqual([before, [name]]);
    const others = checks.filter(({ pass }) => pass === null);
    expect(others).toHaveLength(NAMES.length - before.length - 1);
    expect(new Set(others.map(({ detail }) => detail)).size).toBe(1);
  });
  it("leaves other refusals as they are", () => {
    const refusal: Refusal = { code: "cluster-unknown", detail: "" };
    expect(explainedToStrangers(refusal)).toBe(refusal);
  });
});
