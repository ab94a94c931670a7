import { expect, it } from "vitest";
import { lazy, lazyAsync } from "../src/lazy.ts";

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

it("keeps of first uses that overlap what the first to be done has made, for all of them", async () => {
  const makings: ((value: object) => void)[] = [];
  const shared = lazyAsync(() => new Promise<object>((done) => makings.push(done)));
  const both = [shared(), shared()];
  const [first, second] = [{}, {}];
  makings[1]?.(second);
  await both[1];
  makings[0]?.(first);
  const values = [...(await Promise.all(both)), await shared()];
  expect(values.every((value) => value === second)).toBe(true);
  expect(makings).toHaveLength(2);
});

it("tries again where making it failed after a wait", async () => {
  const outcomes = [new Error("not yet"), 1];
  const second = lazyAsync(async () => {
    const outcome = outcomes.shift();
    if (outcome instanceof Error) throw outcome;
    return outcome;
  });
  await expect(second()).rejects.toThrow("not yet");
  expect([await second(), await second()]).toEqual([1, 1]);
});
