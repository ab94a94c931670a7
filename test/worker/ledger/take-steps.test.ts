import { runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import type { StepGroup, StepOutcomes } from "../../../src/ledger/group-commit.ts";
import { takeSteps } from "../../../src/ledger/take-steps.ts";
import {
  completionOf,
  NOON,
  reserveRequest,
  type GoodRequest,
  type ReserveChanges,
} from "../../support/ledger-requests.ts";
import { keyOf, newLedger, nth, serialOf } from "../support/ledgers.ts";

/** What the object made of each group, and how many transactions that took. */
interface Taken {
  readonly outcomes: StepOutcomes;
  readonly transactions: number;
}

/** Takes the groups one after another on a ledger of their own. */
const take = (...groups: readonly StepGroup[]): Promise<readonly Taken[]> => {
  const { object } = newLedger();
  return runInDurableObject(object, (_, { storage }) =>
    groups.map((group) => {
      let transactions = 0;
      const outcomes = takeSteps(storage.sql, group, (changes) => {
        transactions += 1;
        return storage.transactionSync(changes);
      });
      return { outcomes, transactions };
    }),
  );
};

const joining = (n: number, changes: ReserveChanges = {}): GoodRequest => reserveRequest(nth(n, changes));
/** The token of a node with another node's key. */
const stolen = (n: number): GoodRequest =>
  joining(n, { plan: { serial: serialOf(90 + n), spkiSha256: keyOf(90) } });
/** Its serial is taken, which shows when its credential is bound already. */
const failing = (n: number, taken: number): GoodRequest =>
  joining(n, { plan: { serial: serialOf(taken), spkiSha256: keyOf(n) } });
const completion = (n: number) => completionOf(joining(n));

const group = (steps: Partial<StepGroup>): StepGroup => ({ complete: [], entry: [], reserve: [], ...steps });

/** One word a step: its kind or refusal, with the last digit of its serial where it has one. */
const wordsOf = ({ complete, entry, reserve }: StepOutcomes) => ({
  complete: complete.map((step) => ("fault" in step ? "fault" : (step.value?.serial.at(-1) ?? "none"))),
  entry: entry.map((step) => ("fault" in step ? "fault" : (step.value?.node ?? "none"))),
  reserve: reserve.map((step) => {
    if ("fault" in step) return "fault";
    const { value } = step;
    if (value.kind === "refused") return value.refusal.code;
    if (value.kind === "unplanned") return value.kind;
    return `${value.kind} ${(value.kind === "replay" ? value.issued : value).serial.at(-1) ?? ""}`;
  }),
});

it("Everything that a group changes is one transaction, and each outcome stands at its step's place", async () => {
  const [first, second] = await take(
    group({ reserve: [joining(1), joining(2), joining(3)] }),
    group({
      complete: [completion(3), completion(1), completion(2)],
      entry: [
        { serial: serialOf(8), now: NOON },
        { serial: serialOf(1), now: NOON },
      ],
      reserve: [stolen(1), joining(2), joining(4), joining(5)],
    }),
  );
  expect(first).toMatchObject({ transactions: 1 });
  expect(second).toMatchObject({ transactions: 1 });
  expect(second && wordsOf(second.outcomes)).toEqual({
    complete: ["3", "1", "2"],
    entry: ["none", "rabbit@mq-1.prod.internal"],
    reserve: ["credential-bound", "replay 2", "fresh 4", "fresh 5"],
  });
});

it("A transaction begins with the first change, wherever that stands", async () => {
  const [, taken] = await take(
    group({ reserve: [joining(1)] }),
    group({ reserve: [stolen(1), joining(2), stolen(1), joining(3)] }),
  );
  expect(taken?.transactions).toBe(1);
  expect(taken && wordsOf(taken.outcomes).reserve).toEqual([
    "credential-bound",
    "fresh 2",
    "credential-bound",
    "fresh 3",
  ]);
});

it("A group that only looks opens none", async () => {
  const [, taken] = await take(
    group({ reserve: [joining(1)] }),
    group({
      entry: [{ serial: serialOf(1), now: NOON }],
      reserve: [stolen(1), { ...joining(2), dryRun: true }],
    }),
  );
  expect(taken?.transactions).toBe(0);
  expect(taken && wordsOf(taken.outcomes)).toEqual({
    complete: [],
    entry: ["rabbit@mq-1.prod.internal"],
    reserve: ["credential-bound", "fresh 2"],
  });
});

it("Where a step fails, nothing of the group remains but what each step does by itself", async () => {
  const [, taken, later] = await take(
    group({ reserve: [joining(1)] }),
    group({ complete: [completion(1)], reserve: [joining(2), failing(3, 2), joining(4)] }),
    group({ reserve: [joining(3), joining(4)] }),
  );
  // One for all, which was taken back, and one each for the completion and the three reservations.
  expect(taken?.transactions).toBe(5);
  expect(taken && wordsOf(taken.outcomes)).toEqual({
    complete: ["1"],
    entry: [],
    reserve: ["fresh 2", "fault", "fresh 4"],
  });
  expect(later && wordsOf(later.outcomes).reserve).toEqual(["fresh 3", "finish 4"]);
});
