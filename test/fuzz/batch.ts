import * as fc from "fast-check";
import { Counter, type Tally } from "./tally.ts";
import type { FuzzCase, Target } from "./target.ts";

/** Cases that one seed makes, run one after another. */
export interface Batch {
  readonly seed: number;
  readonly runs: number;
  /** Milliseconds that a case may take, measured again before it counts; `null` measures nothing. */
  readonly limit: number | null;
}

/** A case after which something does not hold, shrunk, and what. */
export interface Finding {
  readonly what: string;
  /** Base64. */
  readonly body: string;
  readonly seed: string;
  readonly operators: readonly string[];
}

export interface BatchReport {
  readonly tally: Tally;
  readonly finding: Finding | null;
}

/** Runs a batch until its end or its first finding. `begin` hears of each case before it is judged, for a watch over hangs. */
export const runBatch = async (
  target: Target,
  { seed, runs, limit }: Batch,
  begin: (body: Uint8Array) => void,
  now: () => number = () => performance.now(),
): Promise<BatchReport> => {
  const counter = new Counter();
  const property = fc.asyncProperty(target.cases, async (one) => {
    begin(one.body);
    const started = now();
    const outcome = await target.judge(one);
    if (limit !== null && now() - started > limit) await judgeInTime(target, one, limit, now);
    counter.count(one, outcome);
  });
  const details = await fc.check(property, { seed, numRuns: runs });
  return { tally: counter.tally(), finding: details.failed ? findingOf(details) : null };
};

/** A busy machine is slow once; a slow reader every time. */
const judgeInTime = async (
  target: Target,
  one: FuzzCase,
  limit: number,
  now: () => number,
): Promise<void> => {
  for (let attempt = 0; attempt < 3; attempt++) {
    const started = now();
    await target.judge(one);
    if (now() - started <= limit) return;
  }
  throw new Error(`takes more than ${limit} ms`);
};

const findingOf = ({ counterexample, errorInstance }: fc.RunDetails<[FuzzCase]>): Finding => {
  const [one] = counterexample ?? [];
  if (one === undefined) throw new Error("a batch failed without a case", { cause: errorInstance });
  return {
    what:
      errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance),
    body: Buffer.from(one.body).toString("base64"),
    seed: one.seed,
    operators: one.operators,
  };
};
