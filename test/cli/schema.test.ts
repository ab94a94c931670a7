import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { clustersJsonSchema } from "../../src/cli/schema.ts";
import { fakeWorld, interlock } from "./world.ts";

describe("infra/clusters.schema.json", () => {
  it("is current: npm run schema", async () => {
    expect(readFileSync(join(import.meta.dirname, "../../infra/clusters.schema.json"), "utf8")).toBe(
      await clustersJsonSchema(),
    );
  });
});

describe("interlock schema", () => {
  it("writes the file for anybody to read", async () => {
    const world = fakeWorld();
    expect(await interlock("schema", world)).toBe(0);
    expect(Object.fromEntries(world.files)).toEqual({
      "infra/clusters.schema.json": await clustersJsonSchema(),
    });
    expect([...world.owned]).toEqual([]);
  });

  it("writes it elsewhere on request", async () => {
    const world = fakeWorld();
    await interlock("schema --out x.json", world);
    expect([...world.files.keys()]).toEqual(["x.json"]);
  });
});
