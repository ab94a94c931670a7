/** What is reached for, and why so much: issue 6 and docs/performance.md. */
export interface Target {
  readonly work: string;
  readonly unit: "F" | "ms" | "ms CPU" | "KiB" | "a second" | "s" | "ratio" | "twice";
  /** Neither: the figure is stated, and nothing is reached for. */
  readonly most?: number;
  readonly least?: number;
}

export const TARGETS = {
  "hot-loop": { work: "issue in a hot loop, CSR bytes to linted certificate", unit: "F", most: 3 },
  full: { work: "bundle over HTTP, 16 connections: token, ledger, certificate, files", unit: "F", most: 12 },
  replay: { work: "the same again (a retry)", unit: "F", most: 6 },
  renewal: { work: "renewal by CMS over HTTP", unit: "F", most: 16 },
  "cold-embedded": { work: "first issuance of a cold isolate, embedded store", unit: "ms CPU", most: 20 },
  "cold-aws": { work: "first issuance of a cold isolate, AWS store", unit: "ms CPU" },
  "bundle-size": { work: "bundle, gzip, without the lazy parts", unit: "KiB", most: 90 },
  "start-up": { work: "start-up over an empty Worker", unit: "ms CPU", most: 35 },
  "crl-10000": { work: "CRL of 10,000 entries", unit: "F", most: 250 },
  "crl-100000": {
    work: "CRL of 100,000 entries, within a paid plan's request",
    unit: "ms CPU",
    most: 30_000,
  },
  alone: { work: "bundle over HTTP, one call after another, each", unit: "ms" },
  rate: { work: "complete issuances of one cluster's object", unit: "a second", least: 400 },
  boot: { work: "500 nodes booting at once, the last one served", unit: "s", most: 5 },
  "boot-twice": { work: "certificates made twice in it", unit: "twice", most: 0 },
  "growth-time": {
    work: "time of an issuance on 100,000 rows, to an empty ledger",
    unit: "ratio",
    most: 1.1,
  },
  "growth-memory": { work: "memory with 100,000 rows, to an empty ledger", unit: "ratio", most: 1.1 },
  memory: { work: "memory after 100,000 issuances, to after 10,000", unit: "ratio", most: 1.1 },
} as const satisfies Record<string, Target>;

export type Work = keyof typeof TARGETS;

/** A figure with the rounds that it is the median of; `null`: not measured in this run. */
export interface Figure {
  readonly value: number;
  readonly rounds: readonly number[];
}

export type Figures = Readonly<Partial<Record<Work, Figure>>>;

export const figure = (rounds: readonly number[]): Figure => ({ value: median(rounds), rounds });

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
};

export type Verdict = "reached" | "missed" | "stated" | "left out";

export const verdictOf = ({ most, least }: Target, { value }: Figure): Verdict => {
  if (most === undefined && least === undefined) return "stated";
  return value <= (most ?? Infinity) && value >= (least ?? -Infinity) ? "reached" : "missed";
};
