import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import {
  TARGETS,
  verdictOf,
  type Figure,
  type Figures,
  type Target,
  type Verdict,
  type Work,
} from "./target.ts";

interface Row {
  readonly id: Work;
  readonly target: Target;
  readonly figure: Figure | null;
  readonly verdict: Verdict;
}

/** Every target with its figure, in the order of the table. */
export const rowsOf = (figures: Figures): readonly Row[] =>
  // The keys of a literal are those of its type.
  (Object.keys(TARGETS) as Work[]).map((id) => {
    const measured = figures[id] ?? null;
    const target: Target = TARGETS[id];
    return {
      id,
      target,
      figure: measured,
      verdict: measured === null ? "left out" : verdictOf(target, measured),
    };
  });

const COLUMNS = [66, 16, 16] as const;

export const tableOf = (rows: readonly Row[]): string =>
  rows
    .map(
      (row) =>
        [row.target.work, wish(row.target), reached(row)]
          .map((text, i) => text.padEnd(COLUMNS[i] ?? 0))
          .join("") + row.verdict,
    )
    .join("\n");

const wish = ({ most, least, unit }: Target): string => {
  if (most === undefined && least === undefined) return "";
  return `${most === undefined ? "≥" : "≤"} ${String(most ?? least)} ${unit}`;
};

const reached = ({ figure, target }: Row): string =>
  figure === null ? "" : `${figure.value.toPrecision(3)} ${target.unit}`;

/** Writes `bench/results/<date>.json`, and answers its path. */
export const writeResults = (rows: readonly Row[], at: Date, quick: boolean): string => {
  const folder = join("bench", "results");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${at.toISOString().slice(0, 19).replaceAll(":", "")}Z.json`);
  writeFileSync(file, `${JSON.stringify({ at: at.toISOString(), quick, ...machine(), rows }, null, 1)}\n`);
  return file;
};

const machine = (): object => ({
  commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim(),
  processor: cpus()[0]?.model ?? "unknown",
  cores: cpus().length,
  /** All but the boot (one-cpu.ts). */
  heldOnOneCpu: true,
  node: process.version,
});
