/**
 * `npm run fuzz [-- csr cms …] [--runs N] [--minutes N] [--seed N] [--workers N] [--sentences]`: hostile bytes for every reader of them
 * that is ours; docs/fuzzing.md. Without names: a million requests, and a tenth as many cases for each other reader.
 *
 * What is found is shrunk, printed as base64 and written to a file; mend it, and keep the bytes as a test named by the defect.
 * Exit code 1: something was found, or a code was never reached.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { libcrypto } from "../support/libcrypto.ts";
import type { Finding } from "./batch.ts";
import { runCampaign, type CampaignReport } from "./campaign.ts";
import type { Tally } from "./tally.ts";
import { TARGETS, TARGET_NAMES, type TargetName } from "./targets.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: "string" },
    minutes: { type: "string", default: "Infinity" },
    seed: { type: "string" },
    workers: { type: "string" },
    sentences: { type: "boolean", default: false },
  },
});

/** A case that takes longer, four times in a row, is a finding. */
const LIMIT_MS = 1_000;

const capability = libcrypto();
if (!capability.available) throw new Error(`nothing to compare with: ${capability.why}`);
const unknown = positionals.find((name) => !TARGET_NAMES.some((known) => known === name));
if (unknown !== undefined) throw new Error(`${unknown} is none of ${TARGET_NAMES.join(", ")}`);

const names = TARGET_NAMES.filter((name) => positionals.length === 0 || positionals.includes(name));
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 30));
const workers = Number(values.workers ?? Math.max(1, availableParallelism() - 1));
const until = Date.now() + Number(values.minutes) * 60_000;
const runsOf = (name: TargetName): number => Number(values.runs ?? TARGETS[name].runs);

const fuzz = async (target: TargetName): Promise<boolean> => {
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  console.log(`${target}: seed ${seed}, ${runsOf(target).toLocaleString("en")} cases, ${workers} worker(s)`);
  const progress = ({ cases }: Tally): void => {
    if (cases % 50_000 === 0)
      console.log(`${target}: ${cases.toLocaleString("en")} after ${seconds().toFixed(0)} s`);
  };
  const settings = { target, seed, workers, until, openssl: true, limit: LIMIT_MS, progress };
  const report = await runCampaign({ ...settings, runs: runsOf(target) });
  print(target, report, seconds());
  return report.finding === null && report.missed.length === 0;
};

const print = (
  target: TargetName,
  { tally, finding, missed, nextSeed }: CampaignReport,
  seconds: number,
): void => {
  const rate = Math.round(tally.cases / seconds);
  console.log(
    `\n${target}: ${tally.cases.toLocaleString("en")} cases in ${seconds.toFixed(0)} s, ${rate} a second`,
  );
  for (const [code, sentences] of Object.entries(tally.outcomes)) printOutcome(code, sentences);
  const operators = Object.entries(tally.operators).toSorted(byCount);
  console.log(`  operators: ${operators.map(([name, count]) => `${name} ${count}`).join(", ")}`);
  for (const code of missed) console.log(`  never reached: ${code}`);
  if (finding !== null) printFinding(target, finding);
  console.log(`  go on with --seed ${nextSeed}\n`);
};

const printOutcome = (code: string, sentences: Readonly<Record<string, number>>): void => {
  const entries = Object.entries(sentences).toSorted(byCount);
  const count = entries.reduce((sum, [, n]) => sum + n, 0);
  console.log(`  ${code.padEnd(24)}${String(count).padStart(9)}, ${entries.length} sentence(s)`);
  if (values.sentences)
    for (const [sentence, n] of entries) console.log(`${String(n).padStart(12)}  ${sentence}`);
};

const printFinding = (target: TargetName, { what, body, seed: origin, operators }: Finding): void => {
  const path = join(mkdtempSync(join(tmpdir(), "interlock-fuzz-")), `${target}.bin`);
  writeFileSync(path, Buffer.from(body, "base64"));
  console.log(
    `  FOUND, from ${origin} by ${operators.join(", ")}; its bytes are in ${path}\n${what}\n${body}`,
  );
};

const byCount = ([, a]: readonly [string, number], [, b]: readonly [string, number]): number => b - a;

let good = true;
for (const name of names) good = (await fuzz(name)) && good;
process.exitCode = good ? 0 : 1;
