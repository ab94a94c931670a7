import { expect, it } from "vitest";
import { figure, TARGETS, verdictOf } from "./target.ts";

it("A figure is the median of its rounds", () => {
  expect(figure([3, 1, 2]).value).toBe(2);
  expect(figure([4, 1, 2, 3]).value).toBe(2.5);
});
it("A verdict says whether the target is reached, both ways, and that nothing is reached for", () => {
  expect(verdictOf(TARGETS.full, figure([12]))).toBe("reached");
  expect(verdictOf(TARGETS.full, figure([12.1]))).toBe("missed");
  expect(verdictOf(TARGETS.rate, figure([400]))).toBe("reached");
  expect(verdictOf(TARGETS.rate, figure([399]))).toBe("missed");
  expect(verdictOf(TARGETS["cold-aws"], figure([99]))).toBe("stated");
  expect(verdictOf(TARGETS.full, figure([]))).toBe("missed");
});
