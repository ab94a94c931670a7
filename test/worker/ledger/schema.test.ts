import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import type { LedgerObject } from "../../../src/ledger/ledger-object.ts";
import { NOON, reserveRequest } from "../../support/ledger-requests.ts";
import { codeOf, issueIn, newLedger, nth } from "../support/ledgers.ts";

/** As a release wrote it that knew no version 4. */
const BACK_TO_VERSION_3 = `
  ALTER TABLE credential DROP COLUMN nodes;
  UPDATE meta SET value = '3' WHERE key = 'schema';
`;

/** As a release wrote it that knew no version 3. */
const BACK_TO_VERSION_2 = `
  ${BACK_TO_VERSION_3}
  DROP INDEX event_refused_by_actor;
  CREATE INDEX event_by_actor ON event (actor, kind);
  UPDATE certificate SET replayed_at = (SELECT max(at) FROM event WHERE event.serial = certificate.serial AND kind = 'replayed');
  UPDATE meta SET value = '2' WHERE key = 'schema';
`;

/** What a query of one column answers. */
const column = (object: DurableObjectStub<LedgerObject>, query: string): Promise<readonly unknown[]> =>
  runInDurableObject(object, (_, { storage }) => [...storage.sql.exec(query).raw()].flat());

const INDEXES = "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'event' ORDER BY name";
const KINDS = "SELECT kind FROM event ORDER BY seq";

const refuse = (now: number) =>
  ({ now, kind: "refused", actor: "jti:x", node: null, detail: "weak-key" }) as const;

it("A ledger of version 2 is brought to the newest when it is next asked, and knows what it knew", async () => {
  const { ledger, object } = newLedger();
  const first = await issueIn(ledger, nth(1));
  await ledger.reserve(reserveRequest(nth(1)));
  for (let n = 0; n < 99; n++) await ledger.note(refuse(NOON));
  await runInDurableObject(object, (_, { storage }) => void storage.sql.exec(BACK_TO_VERSION_2));
  const before = await column(object, KINDS);
  await evictDurableObject(object);

  // Within the hour of the replay that the old release wrote down.
  expect(await ledger.reserve({ ...reserveRequest(nth(1)), now: NOON + 3599 })).toMatchObject({
    kind: "replay",
    issued: first,
  });
  expect(await column(object, KINDS)).toEqual(before);
  for (let n = 0; n < 2; n++) await ledger.note(refuse(NOON + 1));
  expect(await column(object, KINDS)).toEqual([...before, "refused"]);
  expect(codeOf(await ledger.reserve({ ...reserveRequest(nth(1)), now: NOON + 3600 }))).toBe("replay");
  expect(await column(object, KINDS)).toEqual([...before, "refused", "replayed"]);
  await issueIn(ledger, nth(2));
  expect(await column(object, INDEXES)).toEqual([
    "event_by_serial",
    "event_refused",
    "event_refused_by_actor",
  ]);
});

it("A ledger of version 3 knows of each credential how many nodes have used it", async () => {
  const { ledger, object } = newLedger();
  const fleet = (n: number) => nth(n, { credential: { id: "jti:fleet", uses: 3, namesNode: false } });
  for (const n of [1, 2]) await issueIn(ledger, fleet(n));
  await ledger.withdraw({ now: NOON, id: "jti:unused", until: NOON + 60 });
  await runInDurableObject(object, (_, { storage }) => void storage.sql.exec(BACK_TO_VERSION_3));
  await evictDurableObject(object);

  await issueIn(ledger, fleet(3));
  expect(codeOf(await ledger.reserve(reserveRequest(fleet(4))))).toBe("credential-bound");
  expect(await column(object, "SELECT nodes FROM credential ORDER BY id")).toEqual([3, 0]);
});
