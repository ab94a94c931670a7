import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { describe, expect, it } from "vitest";

/** Every import of every source file: what `docs/adr/0003-one-way-imports.md` promises, read from the files themselves. */
const SRC = join(import.meta.dirname, "../src");

const files = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : path.endsWith(".ts") ? [path] : [];
  });

interface Import {
  readonly from: string;
  readonly to: string;
}

const imports: readonly Import[] = files(SRC).flatMap((path) =>
  [...readFileSync(path, "utf8").matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, to = ""]) => ({
    from: relative(SRC, path),
    to: to.startsWith(".") ? relative(SRC, normalize(join(dirname(path), to))) : to,
  })),
);

/** Top to bottom: a folder or file imports only from its own line or from lines below. */
const LAYERS: readonly (readonly string[])[] = [
  ["index.ts", "bindings.d.ts", "cli"],
  ["http"],
  ["env.ts", "env-variables.ts", "deployment.ts"],
  ["watch"],
  [
    "bundle.ts",
    "bundle-contract.ts",
    "dry-run.ts",
    "explain.ts",
    "certificate-steps.ts",
    "bundle-steps.ts",
    "bundle-warnings.ts",
    "revocation-list.ts",
  ],
  ["render"],
  ["ledger"],
  ["custody"],
  ["policy"],
  ["auth"],
  ["pki"],
  ["node"],
  ["rate-limit.ts", "refusal.ts", "log.ts"],
  [
    "result.ts",
    "bytes.ts",
    "bounded-map.ts",
    "lazy.ts",
    "read-stream.ts",
    "secure-url.ts",
    "strict-json.ts",
    "time.ts",
    "version.ts",
  ],
];

const layerOf = (path: string): number =>
  LAYERS.findIndex((layer) => layer.includes(path.split("/")[0] ?? ""));

describe("imports", () => {
  it("know every folder of src", () => {
    expect(
      files(SRC)
        .map((path) => relative(SRC, path))
        .filter((path) => layerOf(path) < 0),
    ).toEqual([]);
  });
  it("point down only", () => {
    const within = imports.filter(({ to }) => layerOf(to) >= 0);
    expect(within.length).toBeGreaterThan(50);
    expect(within.filter(({ from, to }) => layerOf(to) < layerOf(from))).toEqual([]);
  });
});

/** One door to each outside world: the package, and the only places that may name it. */
const DOORS: readonly (readonly [what: string, match: (to: string) => boolean, doors: readonly string[]])[] =
  [
    ["hono", (to) => to === "hono" || to.startsWith("hono/"), ["http/"]],
    ["the AWS SDK", (to) => to.startsWith("@aws-sdk/"), ["custody/", "cli/"]],
    ["@peculiar/x509", (to) => to === "@peculiar/x509" || to === "reflect-metadata", ["cli/"]],
    ["cloudflare:workers", (to) => to === "cloudflare:workers", ["index.ts", "ledger/"]],
    ["jose", (to) => to === "jose" || to.startsWith("jose/"), ["auth/"]],
    ["ASN.1", (to) => to.startsWith("pki/der/"), ["pki/"]],
    ["node:", (to) => to.startsWith("node:"), ["cli/"]],
    ["@noble/hashes", (to) => to.startsWith("@noble/"), ["ledger/events.ts"]],
  ];

describe("one door", () => {
  it.each(DOORS)("leads to %s", (_, match, doors) => {
    const users = imports.filter(({ to }) => match(to)).map(({ from }) => from);
    expect(users.length).toBeGreaterThan(0);
    expect(users.filter((user) => !doors.some((door) => user.startsWith(door)))).toEqual([]);
  });
  it("leads the Worker to zod/mini alone, by its namespace: zod itself is 70 KiB more", () => {
    const zod = imports.filter(({ to }) => to === "zod" || to.startsWith("zod/"));
    expect(zod.filter(({ to }) => to === "zod/mini").length).toBeGreaterThan(20);
    expect(zod.filter(({ from, to }) => to !== "zod/mini" && !from.startsWith("cli/"))).toEqual([]);
    const text = files(SRC).map((path) => readFileSync(path, "utf8"));
    expect(text.filter((source) => /import \{[^}]*\} from "zod/.test(source))).toEqual([]);
  });
});
