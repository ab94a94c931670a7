import { utf8 } from "../../src/bytes.ts";
import { run } from "../../src/cli/run.ts";
import type { World } from "../../src/cli/world.ts";

export const NOW = 1_800_000_000;

/** A world in memory: files, a fixed clock, and what was said. */
export interface FakeWorld extends World {
  readonly files: Map<string, string>;
  /** Paths that were made readable for their owner alone. */
  readonly owned: Set<string>;
  readonly said: { out: string; err: string };
  now: () => number;
  fetch: World["fetch"];
}

export const fakeWorld = (
  files: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): FakeWorld => {
  const world: FakeWorld = {
    files: new Map(Object.entries(files)),
    owned: new Set(),
    said: { out: "", err: "" },
    env,
    now: () => NOW,
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    read: async (path) => {
      const text = world.files.get(path);
      return text === undefined ? null : utf8(text);
    },
    create: async (path, text) => {
      if (world.files.has(path)) return false;
      await world.replace(path, text);
      return true;
    },
    replace: async (path, text) => {
      world.files.set(path, text);
      world.owned.add(path);
    },
    publish: async (path, text) => {
      world.files.set(path, text);
    },
    remove: async (path) => {
      world.files.delete(path);
    },
    fetch: () => Promise.reject(new TypeError("there is no network here")),
    stdout: (text) => {
      world.said.out += text;
    },
    stderr: (text) => {
      world.said.err += text;
    },
  };
  return world;
};

const cluster = (members: Readonly<Record<string, unknown>>) => ({
  product: "rabbitmq",
  nodes: { names: ["rabbit"], hosts: ["*.prod.internal"] },
  bootstrap: [{ method: "token" }],
  ...members,
});

export const DEFINITIONS = JSON.stringify({
  clusters: {
    mq: cluster({ ca: { secret: "interlock/mq" } }),
    edge: cluster({ product: "emqx", ca: { secret: "interlock/edge" } }),
    closed: cluster({ ca: { secret: "interlock/closed" }, bootstrap: [] }),
  },
});

/** A world with the definitions in their usual place. */
export const clusterWorld = (
  files: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): FakeWorld => fakeWorld({ "infra/clusters.json": DEFINITIONS, ...files }, env);

/** Runs a command line of words without blanks. */
export const interlock = (line: string, world: World) => run(line.split(" "), world);
