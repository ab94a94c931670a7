import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { utf8 } from "../../src/bytes.ts";
import { nodeWorld, readText, systemCode } from "../../src/cli/world.ts";

const world = nodeWorld();
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "interlock-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

describe("nodeWorld", () => {
  it("creates a file, and its folder, for its owner alone", async () => {
    const path = join(folder, "offline", "mq.root.key");
    expect(await world.create(path, "key")).toBe(true);
    expect(await readFile(path, "utf8")).toBe("key");
    expect(await modeOf(path)).toBe("600");
  });

  it("never creates over a file that is there", async () => {
    const path = join(folder, "mq.root.key");
    await world.create(path, "first");
    expect(await world.create(path, "second")).toBe(false);
    expect(await readFile(path, "utf8")).toBe("first");
  });

  it("replaces a file in one step, for its owner alone, and leaves nothing beside it", async () => {
    const path = join(folder, ".dev.vars");
    await world.publish(path, "old");
    await world.replace(path, "new");
    expect(await readFile(path, "utf8")).toBe("new");
    expect(await modeOf(path)).toBe("600");
    expect(await readdir(folder)).toEqual([".dev.vars"]);
  });

  it("publishes a file for everybody", async () => {
    const path = join(folder, "clusters.schema.json");
    await world.publish(path, "{}");
    expect(Number.parseInt(await modeOf(path), 8) & 0o400).toBe(0o400);
    expect(await readFile(path, "utf8")).toBe("{}");
  });

  it("reads bytes, and tells a file that is not there from one that cannot be read", async () => {
    const path = join(folder, "node.csr");
    await world.publish(path, "ä");
    expect(await world.read(path)).toEqual(utf8("ä"));
    expect(await readText(path, world)).toBe("ä");
    expect(await world.read(join(folder, "other"))).toBeNull();
    const error: unknown = await world.read(folder).catch((thrown: unknown) => thrown);
    expect(systemCode(error)).toBe("EISDIR");
  });

  it("removes a file, there or not", async () => {
    const path = join(folder, "x");
    await world.publish(path, "");
    await world.remove(path);
    await world.remove(path);
    expect(await readdir(folder)).toEqual([]);
  });

  it("has a clock in whole seconds and bytes by the length", () => {
    expect(world.now()).toBe(Math.floor(world.now()));
    expect(Math.abs(world.now() * 1000 - Date.now())).toBeLessThan(2000);
    expect(world.random(17)).toHaveLength(17);
  });
});

describe("systemCode", () => {
  it.each([new Error("x"), Object.assign(new Error("x"), { code: "ERR_PARSE_ARGS" }), "EACCES", null])(
    "is null for %s",
    (error) => {
      expect(systemCode(error)).toBeNull();
    },
  );
});
