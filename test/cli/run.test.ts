import { describe, expect, it } from "vitest";
import { clusterWorld, fakeWorld, interlock } from "./world.ts";
import { run } from "../../src/cli/run.ts";

const COMMANDS = ["init", "renew", "token", "check", "schema"];

describe("interlock", () => {
  it("without a command shows the overview and is a usage error", async () => {
    const world = fakeWorld();
    expect(await run([], world)).toBe(2);
    for (const name of COMMANDS) expect(world.said.out).toContain(`\n  ${name} `);
  });

  it.each(["--help", "-h", "help"])("%s shows the overview", async (word) => {
    const world = fakeWorld();
    expect(await interlock(word, world)).toBe(0);
    expect(world.said).toMatchObject({ out: expect.stringContaining("Exit codes") as unknown, err: "" });
  });

  it("does not know other commands", async () => {
    const world = fakeWorld();
    expect(await interlock("sign", world)).toBe(2);
    expect(world.said.err).toContain("there is no command sign");
  });

  it.each(COMMANDS)("%s --help says how, in lines of a terminal's width", async (name) => {
    const world = fakeWorld();
    expect(await interlock(`${name} --help`, world)).toBe(0);
    expect(world.said.out).toMatch(new RegExp(`^interlock ${name}`));
    expect(world.said.out.endsWith("\n")).toBe(true);
    expect(Math.max(...world.said.out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  it.each(COMMANDS)("%s refuses options and words that it does not know", async (name) => {
    const world = clusterWorld();
    expect(await interlock(`${name} --frobnicate`, world)).toBe(2);
    expect(await interlock(`${name} word`, world)).toBe(2);
    expect(world.said.err.split("\n").filter((line) => line.startsWith("interlock: "))).toHaveLength(2);
    expect([...world.files.keys()]).toEqual(["infra/clusters.json"]);
  });

  it.each(["init", "renew", "token --origin https://i.example"])(
    "%s needs a cluster, and one that is defined",
    async (line) => {
      const world = clusterWorld();
      expect(await interlock(line, world)).toBe(2);
      expect(await interlock(`${line} --cluster other`, world)).toBe(1);
      expect(world.said.err).toContain("infra/clusters.json has no cluster other; it has mq, edge, closed");
    },
  );

  it.each(["init --cluster mq", "renew --cluster mq", "check"])(
    "%s names every problem of the definitions",
    async (line) => {
      const broken = JSON.stringify({ clusters: { mq: { product: "redis" }, Bad: {} } });
      const world = fakeWorld({ "infra/clusters.json": broken });
      expect(await interlock(line, world)).toBe(1);
      expect(world.said.err).toContain("interlock: infra/clusters.json#/clusters/mq/product must be");
      expect(world.said.err).toContain("interlock: infra/clusters.json#/clusters/Bad must be");
    },
  );

  it("says where it looked for the definitions", async () => {
    const world = fakeWorld({ "other.json": "{" });
    expect(await interlock("check", world)).toBe(1);
    expect(await interlock("check --clusters other.json", world)).toBe(1);
    expect(world.said.err).toBe(
      "interlock: there is no infra/clusters.json: name the definitions with --clusters\ninterlock: other.json is not JSON\n",
    );
  });

  it("refuses definitions that give a member twice, of which reviewers may see the other", async () => {
    const world = fakeWorld({ "infra/clusters.json": '{"clusters":{"mq":{}},"clusters":{}}' });
    expect(await interlock("check", world)).toBe(1);
    expect(world.said.err).toBe(
      "interlock: infra/clusters.json has a member twice, or one named __proto__\n",
    );
  });

  it("tells a file that cannot be read from a fault of its own", async () => {
    const denied = Object.assign(new Error("EACCES: permission denied, open 'infra/clusters.json'"), {
      code: "EACCES",
      syscall: "open",
    });
    const world = { ...fakeWorld(), read: () => Promise.reject(denied) };
    expect(await interlock("check", world)).toBe(1);
    expect(world.said.err).toBe("interlock: EACCES: permission denied, open 'infra/clusters.json'\n");
    const broken = { ...fakeWorld(), read: () => Promise.reject(new RangeError("ours")) };
    await expect(interlock("check", broken)).rejects.toThrow("ours");
  });
});
