import { runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { complete } from "../../../src/ledger/complete.ts";
import type { LedgerObject } from "../../../src/ledger/ledger-object.ts";
import { reserve } from "../../../src/ledger/reserve.ts";
import { run, type Row, type Sql } from "../../../src/ledger/sql.ts";
import {
  completionOf,
  DAY,
  NOON,
  reserveRequest,
  type ReserveChanges,
} from "../../support/ledger-requests.ts";
import { sweep } from "../../../src/ledger/sweep.ts";
import { issueIn, newLedger, nth } from "../support/ledgers.ts";

/** Rows as Cloudflare bills them: each index that a write changes counts as one more. */
interface Cost {
  readonly read: number;
  readonly written: number;
}

/** What docs/scale.md reckons with. One read more or less hangs on what lies beside a row in its index. */
const MOST = {
  issuance: { read: 9, written: 16 },
  firstReplay: { read: 19, written: 2 },
  laterReplay: { read: 16, written: 0 },
} as const satisfies Record<string, Cost>;

const costOf = (storage: DurableObjectStorage, step: (sql: Sql) => unknown): Cost => {
  const cost = { read: 0, written: 0 };
  const exec: Sql["exec"] = (query, ...bindings) => {
    const cursor = storage.sql.exec<Row>(query, ...bindings);
    const rows = cursor.toArray();
    cost.read += cursor.rowsRead;
    cost.written += cursor.rowsWritten;
    return { toArray: () => rows, one: () => onlyOne(rows) };
  };
  storage.transactionSync(() => step({ exec }));
  return cost;
};

const onlyOne = ([row, ...others]: readonly Row[]): Row => {
  if (row === undefined || others.length > 0) throw new Error("the ledger expects one row");
  return row;
};

/** What a certificate costs, and the same asked for twice more. */
const measure = (
  object: DurableObjectStub<LedgerObject>,
  changes: ReserveChanges,
): Promise<Record<keyof typeof MOST, Cost>> =>
  runInDurableObject(object, (_, { storage }) => {
    const request = reserveRequest(changes);
    return {
      issuance: costOf(storage, (sql) => {
        reserve(sql, request, run);
        complete(sql, completionOf(request));
      }),
      firstReplay: costOf(storage, (sql) => reserve(sql, request, run)),
      laterReplay: costOf(storage, (sql) => reserve(sql, request, run)),
    };
  });

const expectAtMost = (costs: Readonly<Record<keyof typeof MOST, Cost>>): void => {
  for (const [step, most] of Object.entries(MOST)) {
    const { read, written } = costs[step as keyof typeof MOST];
    expect([step, read]).toEqual([step, Math.min(read, most.read)]);
    expect([step, written]).toEqual([step, Math.min(written, most.written)]);
  }
};

it("An issuance and its replays cost so many rows at most, whatever the ledger holds", async () => {
  const { ledger, object } = newLedger();
  // The first of all also records the CA's generation.
  for (let n = 0; n < 3; n++) await issueIn(ledger, nth(n));
  const few = await measure(object, nth(3));
  expectAtMost(few);
  for (let n = 4; n < 400; n++) await issueIn(ledger, nth(n));
  const many = await measure(object, nth(400));
  expectAtMost(many);
  expect(writtenBy(many)).toEqual(writtenBy(few));
});

const writtenBy = (costs: Readonly<Record<string, Cost>>): readonly number[] =>
  Object.values(costs).map(({ written }) => written);

it("A token for a fleet costs its last node as many rows as its third", async () => {
  const { ledger, object } = newLedger();
  const fleet = (n: number) => nth(n, { credential: { id: "jti:fleet", uses: 300, namesNode: false } });
  for (const n of [0, 1]) await issueIn(ledger, fleet(n));
  const few = await measure(object, fleet(2));
  for (let n = 3; n < 299; n++) await issueIn(ledger, fleet(n));
  const many = await measure(object, fleet(299));
  expect(writtenBy(many)).toEqual(writtenBy(few));
  expect(readBy(many)).toBeLessThanOrEqual(readBy(few) + Object.keys(MOST).length);
});

const readBy = (costs: Readonly<Record<string, Cost>>): number =>
  Object.values(costs).reduce((sum, { read }) => sum + read, 0);

it("Forgetting a certificate writes five rows: itself, its lease, its delivery, its token and that one's binding", async () => {
  const { ledger, object } = newLedger();
  for (let n = 0; n < 50; n++) await issueIn(ledger, nth(n));
  const { read, written } = await runInDurableObject(object, (_, { storage }) =>
    costOf(storage, (sql) => sweep(sql, NOON + 61 * DAY)),
  );
  expect(written).toBe(250);
  expect(read).toBeLessThan(50 * 11);
});
