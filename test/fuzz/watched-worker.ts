import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Batch, BatchReport } from "./batch.ts";
import type { WorkerSettings } from "./fuzz-worker.ts";
import { EMPTY_TALLY } from "./tally.ts";
import { casesBegun, lastCase, makeWatch } from "./watch.ts";

/** One fuzzing thread and the eye on it. */
export interface WatchedWorker {
  /** Codes that a long run must come across. */
  readonly reach: readonly string[];
  /** If the thread dies, or begins no case for the whole patience, then its last case is the finding. */
  readonly run: (batch: Batch) => Promise<BatchReport>;
  readonly close: () => Promise<unknown>;
}

export interface WorkerWish extends Omit<WorkerSettings, "watch"> {
  /** Seconds; by default what no case takes a hundredth of, on a busy machine either. */
  readonly patience?: number;
  readonly program?: string;
}

const PATIENCE = 30;
const PROGRAM = join(import.meta.dirname, "fuzz-worker.ts");

export const startWorker = async (wish: WorkerWish): Promise<WatchedWorker> => {
  const { patience = PATIENCE, program = PROGRAM, ...settings } = wish;
  const watch = makeWatch();
  const workerData: WorkerSettings = { ...settings, watch };
  const worker = new Worker(program, { workerData });
  const [reach] = (await once(worker, "message")) as [readonly string[]];
  const run = async (batch: Batch): Promise<BatchReport> => {
    const ended = new AbortController();
    const answer = once(worker, "message").then(
      ([report]) => report as BatchReport,
      (error: unknown) => abandoned(watch, `kills the thread: ${String(error)}`),
    );
    worker.postMessage(batch);
    try {
      return await Promise.race([answer, hang(watch, patience, ended.signal)]);
    } finally {
      ended.abort();
    }
  };
  return { reach, run, close: () => worker.terminate() };
};

/** Answers when no case has begun for too long. */
const hang = async (watch: SharedArrayBuffer, patience: number, ended: AbortSignal): Promise<BatchReport> => {
  let seen = -1;
  while (!ended.aborted && seen !== casesBegun(watch)) {
    seen = casesBegun(watch);
    // It rejects when the answer is there, and then nobody waits for this one any more.
    await wait(patience * 1000, undefined, { signal: ended }).catch(() => undefined);
  }
  return abandoned(watch, `hangs: no end after ${patience} s`);
};

const abandoned = (watch: SharedArrayBuffer, what: string): BatchReport => ({
  tally: EMPTY_TALLY,
  finding: { what, body: Buffer.from(lastCase(watch)).toString("base64"), seed: "", operators: [] },
});
