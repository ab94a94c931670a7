import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import shipped from "../../infra/clusters.json" with { type: "json" };
import { parseNodeName } from "../../src/node/node-name.ts";
import { nodeAllowed } from "../../src/policy/decide.ts";
import { grantedNames } from "../../src/policy/names.ts";
import { sharedDir } from "../support/shared.ts";
import { clustersOf, clustersWith, clusterWith, definitionWith } from "./cluster.ts";

const DAY = 86_400;

const manyNames = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `extra-${i}.prod.internal`);

const problems = (json: unknown): readonly { readonly path: string; readonly detail: string }[] => {
  const clusters = clustersOf(json);
  return clusters.ok ? [] : clusters.error;
};

const pathsOf = (members: Readonly<Record<string, unknown>>): readonly string[] =>
  problems({ clusters: { mq: definitionWith(members) } }).map(({ path }) => path);

describe("a definition", () => {
  it("gets the defaults that the documentation promises", () => {
    expect(clusterWith()).toMatchObject({
      id: "mq",
      product: "rabbitmq",
      ca: { secret: "interlock/mq" },
      certificate: {
        lifetime: 30 * DAY,
        maxLifetime: 90 * DAY,
        keys: new Set(["ec-p256", "ec-p384", "rsa-2048", "rsa-3072", "rsa-4096"]),
        extraNames: [],
        nodeNames: new Map(),
        blockedKeys: new Set(),
      },
      bootstrap: { token: { maxLifetime: 3600 } },
      renewal: { after: 2 / 3, graceAfterExpiry: 0, graceUses: 1 },
    });
  });

  it("turns every text into what it stands for", () => {
    const blocked = "ab".repeat(32);
    const cluster = clusterWith({
      certificate: {
        lifetime: "36h",
        maxLifetime: "7d",
        keys: ["ed25519", "ec-p521"],
        extraNames: ["*.mq.svc.cluster.local"],
        nodeNames: { "rabbit@mq-1.prod.internal": ["10.0.0.12", "fd00::12", "mq.prod.internal"] },
        blockedKeys: [blocked],
      },
      bootstrap: [{ method: "token", maxLifetime: "15m" }],
      renewal: { after: "1/2", graceAfterExpiry: "7d", graceUses: 3 },
    });
    expect(cluster.certificate).toEqual({
      lifetime: 36 * 3600,
      maxLifetime: 7 * DAY,
      keys: new Set(["ed25519", "ec-p521"]),
      extraNames: [{ type: "dns", value: "*.mq.svc.cluster.local" }],
      nodeNames: new Map([
        [
          "rabbit@mq-1.prod.internal",
          [
            { type: "ip", value: "10.0.0.12" },
            { type: "ip", value: "fd00::12" },
            { type: "dns", value: "mq.prod.internal" },
          ],
        ],
      ]),
      blockedKeys: new Set([blocked]),
    });
    expect(cluster.bootstrap.token?.maxLifetime).toBe(900);
    expect(cluster.renewal).toEqual({ after: 1 / 2, graceAfterExpiry: 7 * DAY, graceUses: 3 });
  });

  it("may accept no credential kind at all", () => {
    expect(clusterWith({ bootstrap: [] }).bootstrap.token).toBeNull();
  });
});

describe("a definition that does not hold names its member", () => {
  const mq1 = "rabbit@mq-1.prod.internal";
  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ["an unknown member", { nodse: {} }, "/nodse"],
    ["an unknown member below", { certificate: { lifetmie: "1h" } }, "/certificate/lifetmie"],
    ["a missing bootstrap", { bootstrap: undefined }, "/bootstrap"],
    ["no names", { nodes: { names: [], hosts: ["a.b"] } }, "/nodes/names"],
    ["no hosts", { nodes: { names: ["rabbit"], hosts: [] } }, "/nodes/hosts"],
    ["a regular expression for a name", { nodes: { names: ["rabbit.*"], hosts: ["a.b"] } }, "/nodes/names/0"],
    ["a lone star for a host", { nodes: { names: ["rabbit"], hosts: ["a.b", "*"] } }, "/nodes/hosts/1"],
    [
      "long and short hosts",
      { nodes: { names: ["rabbit"], hosts: ["mq-<n>", "*.prod.internal"] } },
      "/nodes/hosts",
    ],
    [
      "an address and a short host",
      { nodes: { names: ["rabbit"], hosts: ["mq", "10.0.0.0/8"] } },
      "/nodes/hosts",
    ],
    ["a secret with a blank", { ca: { secret: "a b" } }, "/ca/secret"],
    ["no secret", { ca: {} }, "/ca/secret"],
    ["a lifetime that is a number", { certificate: { lifetime: 3600 } }, "/certificate/lifetime"],
    ["a lifetime below an hour", { certificate: { lifetime: "59m" } }, "/certificate/lifetime"],
    ["a lifetime above the maximum", { certificate: { lifetime: "91d" } }, "/certificate/lifetime"],
    ["a maximum of years", { certificate: { maxLifetime: "399d" } }, "/certificate/maxLifetime"],
    ["a key type that is none", { certificate: { keys: ["rsa-1024"] } }, "/certificate/keys/0"],
    ["no key type", { certificate: { keys: [] } }, "/certificate/keys"],
    [
      "a wildcard of a top-level name",
      { certificate: { extraNames: ["*.internal"] } },
      "/certificate/extraNames/0",
    ],
    [
      "a wildcard inside a label",
      { certificate: { extraNames: ["a*.prod.internal"] } },
      "/certificate/extraNames/0",
    ],
    [
      "a name in upper case",
      { certificate: { extraNames: ["MQ.prod.internal"] } },
      "/certificate/extraNames/0",
    ],
    [
      "a wildcard with flags",
      { certificate: { extraNames: ["*.mq.svc"] }, render: { strategy: "flags" } },
      "/certificate/extraNames",
    ],
    ["fifteen extra names", { certificate: { extraNames: manyNames(15) } }, "/certificate/extraNames"],
    [
      "a node's wildcard",
      { certificate: { nodeNames: { [mq1]: ["*.prod.internal"] } } },
      `/certificate/nodeNames/${mq1}/0`,
    ],
    ["names of no node", { certificate: { nodeNames: { "mq-1": [] } } }, "/certificate/nodeNames/mq-1"],
    [
      "names of a foreign node",
      { certificate: { nodeNames: { "rabbit@a.b.c": [] } } },
      "/certificate/nodeNames/rabbit@a.b.c",
    ],
    [
      "names of a foreign name",
      { certificate: { nodeNames: { "x@a.prod.internal": [] } } },
      "/certificate/nodeNames/x@a.prod.internal",
    ],
    [
      "seventeen names of a node",
      { certificate: { nodeNames: { [mq1]: manyNames(15) } } },
      `/certificate/nodeNames/${mq1}`,
    ],
    ["a short digest", { certificate: { blockedKeys: ["ab"] } }, "/certificate/blockedKeys/0"],
    [
      "a digest in upper case",
      { certificate: { blockedKeys: ["AB".repeat(32)] } },
      "/certificate/blockedKeys/0",
    ],
    ["an unknown method", { bootstrap: [{ method: "password" }] }, "/bootstrap/0/method"],
    ["a method twice", { bootstrap: [{ method: "token" }, { method: "token" }] }, "/bootstrap/1"],
    [
      "tokens for a year",
      { bootstrap: [{ method: "token", maxLifetime: "365d" }] },
      "/bootstrap/0/maxLifetime",
    ],
    ["renewal at the end", { renewal: { after: "1/1" } }, "/renewal/after"],
    ["renewal at once", { renewal: { after: "1/5" } }, "/renewal/after"],
    ["a decimal fraction", { renewal: { after: "0.66" } }, "/renewal/after"],
    ["no grace uses", { renewal: { graceUses: 0 } }, "/renewal/graceUses"],
  ])("%s", (_defect, members, path) => {
    expect(pathsOf(members)).toEqual([`/clusters/mq${path}`]);
  });

  it("and says in a sentence of its own what must change", () => {
    const [found] = problems({ clusters: { mq: definitionWith({ certificate: { lifetime: "30 days" } }) } });
    expect(found?.detail).toBe("must be a duration such as 15m, 36h or 30d, from 1h to 398d");
  });

  it.each<[string, unknown, string]>([
    ["nothing", undefined, ""],
    ["null", null, ""],
    ["a list", [], ""],
    ["no clusters", {}, "/clusters"],
    ["an empty deployment", { clusters: {} }, "/clusters"],
    ["an unknown member", { clusters: { mq: definitionWith() }, cluster: {} }, "/cluster"],
    ["an id with a capital", { clusters: { Mq: definitionWith() } }, "/clusters/Mq"],
    ["an id with a slash", { clusters: { "a/b": definitionWith() } }, "/clusters/a~1b"],
    [
      "an unknown product",
      { clusters: { mq: definitionWith({ product: "redis" }) } },
      "/clusters/mq/product",
    ],
  ])("%s", (_defect, json, path) => {
    expect(problems(json).map((found) => found.path)).toEqual([path]);
  });

  it("all of them at once", () => {
    expect(pathsOf({ certificate: { lifetime: "x", keys: ["x"] }, renewal: { after: "x" } })).toHaveLength(3);
  });
});

const pathsOfTwo = (first: Readonly<Record<string, unknown>>, second: Readonly<Record<string, unknown>>) => {
  const clusters = clustersWith(definitionWith({ ca: first }), definitionWith({ ca: second }));
  return clusters.ok ? [] : clusters.error.map(({ path }) => path);
};

describe("two clusters", () => {
  it("with secrets of their own are well", () => {
    expect(pathsOfTwo({ secret: "a" }, { secret: "b" })).toEqual([]);
  });

  it("must not name one secret, nor when only one of them says that it is shared", () => {
    expect(pathsOfTwo({ secret: "a" }, { secret: "a" })).toEqual(["/clusters/mq-2/ca/secret"]);
    expect(pathsOfTwo({ secret: "a", sharedCa: true }, { secret: "a" })).toEqual([
      "/clusters/mq-2/ca/secret",
    ]);
  });

  it("must not name one secret in two spellings", () => {
    const arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:interlock/mq-AbCdEf";
    expect(pathsOfTwo({ secret: "interlock/mq" }, { secret: arn })).toEqual(["/clusters/mq-2/ca/secret"]);
  });

  it("may name one secret when both say so", () => {
    expect(pathsOfTwo({ secret: "a", sharedCa: true }, { secret: "a", sharedCa: true })).toEqual([]);
  });

  it("must not have secrets that fall into one variable", () => {
    expect(pathsOfTwo({ secret: "a/b" }, { secret: "a-b" })).toEqual(["/clusters/mq-2/ca/secret"]);
  });
});

describe("infra/clusters.json", () => {
  it("holds", () => {
    expect(problems(shipped)).toEqual([]);
  });

  // Without the shared design beside the repository there is nothing to compare with.
  it.skipIf(sharedDir === null)(
    "gives every identity of the design its names, and RabbitMQ's the bare label",
    () => {
      const clusters = clustersOf(shipped);
      for (const identity of identities()) {
        const cluster = clusters.ok ? clusters.value.get(identity.cluster) : undefined;
        const node = parseNodeName(identity.node);
        if (cluster === undefined || !node.ok) throw new Error(`${identity.node} is not served`);
        expect(nodeAllowed(cluster, node.value)).toMatchObject({ ok: true });
        const bare = cluster.product === "rabbitmq" ? [node.value.host.text.split(".")[0]] : [];
        const granted = grantedNames(cluster, node.value);
        const valuesOf = (type: "dns" | "ip") =>
          granted.filter((name) => name.type === type).map((name) => name.value);
        expect(new Set(valuesOf("dns"))).toEqual(new Set([...identity.dns, ...bare]));
        expect(valuesOf("ip")).toEqual(identity.ip);
      }
    },
  );
});

const identitiesSchema = z.object({
  identities: z.array(
    z.object({ cluster: z.string(), node: z.string(), dns: z.array(z.string()), ip: z.array(z.string()) }),
  ),
});

const identities = () =>
  identitiesSchema.parse(JSON.parse(readFileSync(`${sharedDir ?? ""}/data/identities.json`, "utf8")))
    .identities;
