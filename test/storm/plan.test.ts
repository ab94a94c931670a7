import { describe, expect, it } from "vitest";
import { chanceOf, pick } from "./chance.ts";
import { COURSES, planKills, planNodes, type StormOptions } from "./plan.ts";

const STORM: StormOptions = { nodes: 2000, clusters: 3, kills: 4, lost: 0.1, spread: 10, seed: 7 };

describe("chance", () => {
  it("is the same for the same seed and thing, and another for any other", () => {
    const chance = chanceOf(7);
    expect(chance("boot", 1)).toBe(chanceOf(7)("boot", 1));
    const others = [chance("boot", 2), chance("course", 1), chanceOf(8)("boot", 1), chance("boot", 1)];
    expect(new Set(others).size).toBe(4);
  });
  it("is even", () => {
    const chance = chanceOf(1);
    const low = Array.from({ length: 1000 }, (_, n) => chance(n)).filter((value) => value < 0.25);
    expect(low.length).toBeGreaterThan(200);
    expect(low.length).toBeLessThan(300);
  });
  it("falls on a name by its share, and on the rest otherwise", () => {
    const names = [0, 0.249, 0.25, 0.749, 0.75, 0.999].map((at) =>
      pick<"a" | "b" | "c">({ a: 0.25, b: 0.5 }, "c", at),
    );
    expect(names).toEqual(["a", "a", "b", "b", "c", "c"]);
  });
});

describe("the plan of a storm", () => {
  const nodes = planNodes(STORM, chanceOf(STORM.seed));
  it("is the same for the same seed", () => {
    expect(planNodes(STORM, chanceOf(STORM.seed))).toEqual(nodes);
    expect(planNodes(STORM, chanceOf(8))).not.toEqual(nodes);
  });
  it("has every node once, in a cluster whose zone it is in, within the time", () => {
    expect(new Set(nodes.map(({ node }) => node)).size).toBe(2000);
    expect(new Set(nodes.map(({ cluster }) => cluster))).toEqual(new Set(["storm-0", "storm-1", "storm-2"]));
    for (const { cluster, node, bootsAt } of nodes) {
      expect(node.endsWith(`.${cluster}.example.internal`)).toBe(true);
      expect(bootsAt).toBeGreaterThanOrEqual(0);
      expect(bootsAt).toBeLessThan(10_000);
    }
  });
  it("has nodes of every course, most of which simply join", () => {
    const courses = nodes.map(({ course }) => course);
    expect(new Set(courses)).toEqual(new Set(Object.keys(COURSES)));
    expect(courses.filter((course) => course === "joins at once").length).toBeGreaterThan(1500);
  });
  it("kills once in each equal part", () => {
    const kills = planKills(STORM, chanceOf(STORM.seed));
    expect(kills.map((served) => Math.floor(served / 500))).toEqual([0, 1, 2, 3]);
  });
});
