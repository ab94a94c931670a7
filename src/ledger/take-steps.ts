import { complete } from "./complete.ts";
import type { StepGroup, StepOutcome, StepOutcomes } from "./group-commit.ts";
import { findEntry } from "./listing.ts";
import { reserve } from "./reserve.ts";
import { run, type Sql, type Transact } from "./sql.ts";

/**
 * Takes the steps of one call to the object, in the order in which they stand: all changes in one transaction, since SQLite copies each
 * page that a savepoint changes (0.4 F of a full call, `npm run bench`). Where a step fails, nothing has changed, and every step is
 * taken by itself: the one that fails takes no other with it, and says what it was.
 */
export const takeSteps = (sql: Sql, group: StepGroup, transact: Transact): StepOutcomes => {
  const completions = stepsOf(group.complete, (request, within) => within(() => complete(sql, request)));
  const entries = stepsOf(group.entry, ({ serial, now }) => findEntry(sql, serial, now));
  const reservations = stepsOf(group.reserve, (request, within) => reserve(sql, request, within));
  const steps = [...completions.steps, ...entries.steps, ...reservations.steps];
  try {
    inOneTransaction(steps, transact);
  } catch {
    for (const step of steps) byItself(step, transact);
  }
  return { complete: completions.outcomes, entry: entries.outcomes, reserve: reservations.outcomes };
};

interface Step {
  /** Looks, then makes its changes by what it is handed, if it has any, and puts down its outcome. Throws where it fails. */
  readonly take: (within: Transact) => void;
  readonly fail: (fault: string) => void;
}

/** What stands at a step's place until it is taken: an array without holes travels faster, and a step that was forgotten would be a fault. */
const NOT_TAKEN = { fault: "not taken" };

/** A step for each request, and the outcomes that they put down, each at its place. */
const stepsOf = <Q, A>(requests: readonly Q[], answer: (request: Q, within: Transact) => A) => {
  const outcomes = requests.map((): StepOutcome<A> => NOT_TAKEN);
  const steps = requests.map((request, i): Step => ({
    take: (within) => {
      outcomes[i] = { value: answer(request, within) };
    },
    fail: (fault) => {
      outcomes[i] = { fault };
    },
  }));
  return { steps, outcomes };
};

/**
 * Until the first change nothing needs a transaction, and steps that only look wait for no commit; all that follows is inside of that one.
 * Throws where a step fails.
 */
const inOneTransaction = (steps: readonly Step[], transact: Transact): void => {
  const left = steps.values();
  const takeAll = (within: Transact): void => {
    for (const step of left) step.take(within);
  };
  takeAll((changes) =>
    transact(() => {
      const changed = changes();
      takeAll(run);
      return changed;
    }),
  );
};

const byItself = (step: Step, transact: Transact): void => {
  try {
    step.take(transact);
  } catch (cause) {
    step.fail(cause instanceof Error ? cause.message : "unknown");
  }
};
