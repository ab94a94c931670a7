import { expect, it } from "vitest";
import { percentile } from "./percentile.ts";

it("A percentile is one of the values, whatever their order", () => {
  const hundred = Array.from({ length: 100 }, (_, n) => 100 - n);
  expect([0, 0.5, 0.95, 0.99, 1].map((share) => percentile(hundred, share))).toEqual([1, 50, 95, 99, 100]);
  expect(percentile([7], 0.5)).toBe(7);
  expect(percentile([], 0.5)).toBeNaN();
});
