import type { BatchReport } from "./batch.ts";
import { addTallies, EMPTY_TALLY, type Tally } from "./tally.ts";
import type { TargetName } from "./targets.ts";
import { startWorker, type WatchedWorker } from "./watched-worker.ts";

/** Many batches over some threads. */
export interface CampaignSettings {
  readonly target: TargetName;
  /** Of the first batch; each further one has the next. */
  readonly seed: number;
  readonly runs: number;
  readonly workers: number;
  readonly openssl: boolean;
  /** Milliseconds since the epoch after which no batch begins. */
  readonly until?: number;
  readonly limit: number | null;
  readonly progress?: (tally: Tally) => void;
}

export interface CampaignReport extends BatchReport {
  /** With this seed a later campaign goes on where this one has stopped. */
  readonly nextSeed: number;
  /** Codes that must be come across and were not. */
  readonly missed: readonly string[];
}

const BATCH_RUNS = 1_000;

/** Runs until all is run, the time is over, or something is found. */
export const runCampaign = async (settings: CampaignSettings): Promise<CampaignReport> => {
  const { target, seed, runs, workers, openssl } = settings;
  const state: CampaignState = { settings, tally: EMPTY_TALLY, finding: null, begun: 0 };
  const threads = await Promise.all(Array.from({ length: workers }, () => startWorker({ target, openssl })));
  try {
    await Promise.all(threads.map((thread) => work(thread, state)));
  } finally {
    await Promise.all(threads.map((thread) => thread.close()));
  }
  const { tally, finding, begun } = state;
  const missed = (threads[0]?.reach ?? []).filter((code) => tally.outcomes[code] === undefined);
  return { tally, finding, missed, nextSeed: seed + Math.min(begun, Math.ceil(runs / BATCH_RUNS)) };
};

interface CampaignState {
  readonly settings: CampaignSettings;
  tally: Tally;
  finding: BatchReport["finding"];
  /** Batches. */
  begun: number;
}

const work = async (thread: WatchedWorker, state: CampaignState): Promise<void> => {
  const { seed, runs, until = Infinity, limit, progress } = state.settings;
  while (state.finding === null && state.begun * BATCH_RUNS < runs && Date.now() < until) {
    const batch = state.begun++;
    const left = runs - batch * BATCH_RUNS;
    const report = await thread.run({ seed: seed + batch, runs: Math.min(BATCH_RUNS, left), limit });
    state.tally = addTallies(state.tally, report.tally);
    state.finding ??= report.finding;
    progress?.(state.tally);
  }
};
