import { expect, it } from "vitest";
import { lazy } from "../src/lazy.ts";

it("makes a lazy value at its first use and never again, whatever it is", () => {
  const made: string[] = [];
  const nothing = lazy(() => void made.push("once"));
  expect(made).toEqual([]);
  expect([nothing(), nothing()]).toEqual([undefined, undefined]);
  expect(made).toEqual(["once"]);
});

it("tries again where making it failed", () => {
  const outcomes = [new Error("not yet"), 1];
  const second = lazy(() => {
    const outcome = outcomes.shift();
    if (outcome instanceof Error) throw outcome;
    return outcome;
  });
  expect(second).toThrow("not yet");
  expect(second()).toBe(1);
});
