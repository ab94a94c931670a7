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
  try {
    return together(sql, group, transact);
  } catch {
    return eachAlone(sql, group, transact);
  }
};

const eachAlone = (sql: Sql, group: StepGroup, transact: Transact): StepOutcomes => ({
  complete: group.complete.map((request) => outcomeOf(() => transact(() => complete(sql, request)))),
  entry: group.entry.map(({ serial, now }) => outcomeOf(() => findEntry(sql, serial, now))),
  reserve: group.reserve.map((request) => outcomeOf(() => reserve(sql, request, transact))),
});

const outcomeOf = <T>(step: () => T): StepOutcome<T> => {
  try {
    return { value: step() };
  } catch (cause) {
    return { fault: cause instanceof Error ? cause.message : "unknown" };
  }
};

/** What stands at a step's place until it is taken: an array without holes travels faster, and a step that was forgotten would be a fault. */
const NOT_TAKEN = { fault: "not taken" };

type Outcomes = { -readonly [K in keyof StepOutcomes]: StepOutcomes[K][number][] };

/** Throws where a step fails. */
const together = (sql: Sql, group: StepGroup, transact: Transact): StepOutcomes => {
  const outcomes: Outcomes = {
    complete: group.complete.map(() => NOT_TAKEN),
    entry: group.entry.map(() => NOT_TAKEN),
    reserve: group.reserve.map(() => NOT_TAKEN),
  };
  const { complete: completions, entry: entries, reserve: reservations } = outcomes;
  inOneTransaction(
    [
      ...group.complete.map((request, i): Step => (within) => {
        completions[i] = { value: within(() => complete(sql, request)) };
      }),
      ...group.entry.map(({ serial, now }, i): Step => () => {
        entries[i] = { value: findEntry(sql, serial, now) };
      }),
      ...group.reserve.map((request, i): Step => (within) => {
        reservations[i] = { value: reserve(sql, request, within) };
      }),
    ],
    transact,
  );
  return outcomes;
};

/** Looks, then makes its changes by what it is handed, if it has any. */
type Step = (within: Transact) => void;

/** Until the first change nothing needs a transaction, and steps that only look wait for no commit; all that follows is inside of that one. */
const inOneTransaction = (steps: readonly Step[], transact: Transact): void => {
  const left = steps.values();
  const takeAll = (within: Transact): void => {
    for (const step of left) step(within);
  };
  takeAll((changes) =>
    transact(() => {
      const changed = changes();
      takeAll(run);
      return changed;
    }),
  );
};
