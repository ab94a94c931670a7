import { describe, expect, it } from "vitest";
import { parseOptions } from "./options.ts";

describe("the command line of a storm", () => {
  it("has ten thousand nodes in one cluster when it says nothing", () => {
    const expected = { nodes: 10_000, clusters: 1, kills: 5, lost: 0.1, spread: 30, seed: 1 };
    expect(parseOptions([])).toEqual(expected);
  });
  it("takes every option", () => {
    const args = "--nodes 7 --clusters 2 --kills 0 --lost 2.5 --spread 0 --seed 9".split(" ");
    const expected = { nodes: 7, clusters: 2, kills: 0, lost: 0.025, spread: 0, seed: 9 };
    expect(parseOptions(args)).toEqual(expected);
  });
  it.each([
    ["--nodes", "0"],
    ["--nodes", "many"],
    ["--nodes", "1.5"],
    ["--lost", "100"],
    ["--kills", "-1"],
    ["--fast", "yes"],
  ])("refuses %s %s with the usage", (...args) => {
    expect(() => parseOptions(args)).toThrow("npm run storm --");
  });
});
