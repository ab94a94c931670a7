import { describe, expect, it } from "vitest";
import { pauseAfter } from "./back-off.ts";

describe("the pause of a node", () => {
  it("doubles, and stops at a minute", () => {
    const longest = [1, 2, 3, 7, 8, 20].map((attempt) => pauseAfter(attempt, null, 1));
    expect(longest).toEqual([1, 2, 4, 60, 60, 60]);
  });
  it("is half by chance", () => {
    expect([0, 0.5, 1].map((chance) => pauseAfter(4, null, chance))).toEqual([4, 6, 8]);
  });
  it("is never shorter than the API asks, and not the same for all", () => {
    expect([0, 0.5].map((chance) => pauseAfter(2, 30, chance))).toEqual([30, 30.5]);
    expect(pauseAfter(7, 2, 0)).toBe(30);
  });
});
