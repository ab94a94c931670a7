/**
 * `npm run test:matrix [-- bookworm|trixie|forky …]`: the Erlang and RabbitMQ suites on every generation of OTP and RabbitMQ.
 *
 * Each Debian release becomes a root directory below `$INTERLOCK_CACHE` (default `/var/cache/interlock`), made once by
 * debootstrap (650 MB and two minutes each; delete `<release>.done` to have it made anew). The suites then run once a root, with
 * `INTERLOCK_ROOT` naming it: their machines are overlays over it, so it stays as it is. Needs root, debootstrap, iproute2 and a
 * Linux that lets one unshare. A run of all releases rewrites the generated part of `docs/matrix.md`, unless the suites could not
 * even start. Exit code 1: something failed or was skipped.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allPassed, printTable, readColumn, type Column } from "./report.ts";
import { findOrMakeRoot, RELEASES, type Root } from "./roots.ts";

const SUITES = [
  "machines",
  "erlang",
  "revoked-peers",
  "rabbitmq",
  "agent-cluster",
  "agent-cluster-erlang",
].map((name) => `test/system/${name}.test.ts`);
const REPOSITORY = join(import.meta.dirname, "../..");
const DOCUMENT = join(REPOSITORY, "docs/matrix.md");
const GENERATED = /(?<=<!-- generated: npm run test:matrix -->\n)[^]*(?=<!-- end -->)/;

const runSuites = (root: Root): Column => {
  const folder = mkdtempSync(join(tmpdir(), "interlock-matrix-"));
  const report = join(folder, "report.json");
  const vitest = [
    join(REPOSITORY, "node_modules/vitest/vitest.mjs"),
    "run",
    "--project",
    "system",
    ...SUITES,
  ];
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const env = { ...process.env, INTERLOCK_ROOT: root.directory, INTERLOCK_SYSTEM: "required" };
  try {
    spawnSync(process.execPath, [...vitest, ...reporters], { cwd: REPOSITORY, env, stdio: "inherit" });
    return readColumn(root, readFileSync(report, "utf8"));
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !RELEASES.some((release) => release === name));
if (unknown.length > 0)
  throw new Error(`no such release: ${unknown.join(", ")}; there are ${RELEASES.join(", ")}`);
const releases = RELEASES.filter((release) => wanted.length === 0 || wanted.includes(release));

const roots = releases.map((release) =>
  findOrMakeRoot(release, process.env["INTERLOCK_CACHE"] ?? "/var/cache/interlock"),
);
const columns = roots.map(runSuites);
const table = printTable(columns);
console.log(`\n${table}`);
const complete = releases.length === RELEASES.length && columns.every(({ results }) => results.size > 0);
if (complete) {
  writeFileSync(
    DOCUMENT,
    readFileSync(DOCUMENT, "utf8").replace(GENERATED, () => `\n${table}\n\n`),
  );
}
process.exitCode = columns.every(allPassed) ? 0 : 1;
