import type {
  CompleteRequest,
  IssuedCertificate,
  Ledger,
  LedgerEntry,
  ReserveOutcome,
  ReserveRequest,
} from "./ledger.ts";

/** Steps of several issuances that travel together: one call to the object, and one commit of what they write. */
export interface StepGroup {
  readonly complete: readonly CompleteRequest[];
  /** Whose certificate a renewal's proof is by. */
  readonly entry: readonly EntryRequest[];
  readonly reserve: readonly ReserveRequest[];
}

export interface EntryRequest {
  readonly serial: string;
  readonly now: number;
}

/** What became of each step, at its place. One that failed has changed nothing, and the others do not feel it. */
export interface StepOutcomes {
  readonly complete: readonly StepOutcome<IssuedCertificate | null>[];
  readonly entry: readonly StepOutcome<LedgerEntry | null>[];
  readonly reserve: readonly StepOutcome<ReserveOutcome>[];
}

export type StepOutcome<T> = { readonly value: T } | { readonly fault: string };

export interface GroupCommitOptions {
  readonly send: (group: StepGroup) => Promise<StepOutcomes>;
  /** Keeps a call alive when the request that made it goes away: others wait for it too. */
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** Ends once it has been waited long enough for a crowd's next steps. */
  readonly gather: () => Promise<void>;
  /** Milliseconds. */
  readonly clock: () => number;
  /** Milliseconds. A call that has not come back by then went down with its request: the next caller makes its own. */
  readonly limit: number;
}

/** Small enough for one message and one short transaction, large enough for a boot storm. */
export const MAX_STEPS = 64;

/** So many steps in one call are a crowd. Two or three callers would wait for each other longer than it is worth. */
export const CROWD = 4;

interface Waiting<Q, A> {
  readonly request: Q;
  outcome: StepOutcome<A> | null;
}

interface Flight {
  readonly startedAt: number;
  /** Never rejects. */
  readonly landed: Promise<void>;
}

/**
 * Group commit (docs/adr/0018-group-commit.md): while one call is under way, the steps of this isolate's other requests gather, and
 * leave with the next one. A lone request waits for nobody; after a call that carried a crowd, the next first lets more come along where there is room, because
 * a call and its commit cost more than what they carry (docs/performance.md). A step is sent once or never.
 *
 * Each call is made by one of the requests that wait for it, because a request's outgoing calls end with it. Throws what the step's
 * outcome or the call's failure says.
 */
export const groupCommit = (options: GroupCommitOptions): Pick<Ledger, "reserve" | "complete" | "entry"> => {
  const { send, waitUntil, gather, clock, limit } = options;
  const completing: Waiting<CompleteRequest, IssuedCertificate | null>[] = [];
  const looking: Waiting<EntryRequest, LedgerEntry | null>[] = [];
  const reserving: Waiting<ReserveRequest, ReserveOutcome>[] = [];
  let flight: Flight | null = null;
  /** Whether the last call carried a crowd's steps. */
  let crowded = false;

  const fly = async (): Promise<void> => {
    if (crowded && completing.length + looking.length + reserving.length < MAX_STEPS) await gather();
    // What completes goes first: it has waited once already.
    const complete = completing.splice(0, MAX_STEPS);
    const entry = looking.splice(0, MAX_STEPS - complete.length);
    const reserve = reserving.splice(0, MAX_STEPS - complete.length - entry.length);
    const steps = complete.length + entry.length + reserve.length;
    crowded = steps >= CROWD;
    // Somebody else has given this call up and taken what waited.
    if (steps === 0) return;
    try {
      const outcomes = await send({
        complete: complete.map(requestOf),
        entry: entry.map(requestOf),
        reserve: reserve.map(requestOf),
      });
      settle(complete, (i) => outcomes.complete[i]);
      settle(entry, (i) => outcomes.entry[i]);
      settle(reserve, (i) => outcomes.reserve[i]);
    } catch (cause) {
      const fault = { fault: cause instanceof Error ? cause.message : "unknown" };
      settle(complete, () => fault);
      settle(entry, () => fault);
      settle(reserve, () => fault);
    }
  };

  const depart = (): Flight => {
    const departed: Flight = { startedAt: clock(), landed: fly().finally(() => leave(departed)) };
    waitUntil(departed.landed);
    return departed;
  };

  const leave = (landed: Flight): void => {
    if (flight === landed) flight = null;
  };

  const join = async <Q, A>(queue: Waiting<Q, A>[], request: Q): Promise<A> => {
    const waiting: Waiting<Q, A> = { request, outcome: null };
    queue.push(waiting);
    for (;;) {
      if (flight === null || clock() - flight.startedAt > limit) flight = depart();
      await flight.landed;
      const { outcome } = waiting;
      if (outcome !== null) return valueOf(outcome);
    }
  };

  return {
    reserve: (request) => join(reserving, request),
    complete: (request) => join(completing, request),
    entry: (serial, now) => join(looking, { serial, now }),
  };
};

const requestOf = <Q>({ request }: { readonly request: Q }): Q => request;

const settle = <Q, A>(
  waiting: readonly Waiting<Q, A>[],
  outcomeAt: (index: number) => StepOutcome<A> | undefined,
): void => {
  for (const [i, one] of waiting.entries()) one.outcome = outcomeAt(i) ?? { fault: "no outcome" };
};

const valueOf = <A>(outcome: StepOutcome<A>): A => {
  if ("fault" in outcome) throw new Error(outcome.fault);
  return outcome.value;
};
