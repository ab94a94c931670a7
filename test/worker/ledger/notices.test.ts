import { describe, expect, it } from "vitest";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { DAY, NOON } from "../../support/ledger-requests.ts";
import { issueIn, newLedger, nth, serialOf } from "../support/ledgers.ts";

const HOUR = 3600;
/** Issued at noon for 30 days, to be renewed after 20. */
const RENEW = NOON + 20 * DAY;
const END = NOON + 30 * DAY;
const CA = { spkiSha256: "c".repeat(64), notAfter: NOON + 1000 * DAY };

const due = async (ledger: Ledger, now: number, ca: typeof CA | null = CA): Promise<readonly string[]> =>
  (await ledger.dueNotices({ now, ca, limit: 100 })).map(({ id }) => id);
const tell = async (ledger: Ledger, now: number): Promise<readonly string[]> => {
  const ids = await due(ledger, now);
  await ledger.recordNotices(now, ids);
  return ids;
};

describe("a notice", () => {
  it("that a certificate was not renewed comes a day late, and that it ends from a week before: each once", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, nth(1));
    expect(await tell(ledger, RENEW)).toEqual([]);
    expect(await tell(ledger, RENEW + DAY - 1)).toEqual([]);
    expect(await tell(ledger, RENEW + DAY)).toEqual([`not-renewed:${serialOf(1)}`]);
    expect(await tell(ledger, RENEW + DAY + 1)).toEqual([]);
    expect(await tell(ledger, END - 7 * DAY)).toEqual([`will-expire:${serialOf(1)}:${String(7 * DAY)}`]);
    expect(await tell(ledger, END - DAY)).toEqual([`will-expire:${serialOf(1)}:${String(DAY)}`]);
    expect(await tell(ledger, END - HOUR)).toEqual([`will-expire:${serialOf(1)}:${String(HOUR)}`]);
    expect(await tell(ledger, END)).toEqual([]);
    expect(await tell(ledger, END + 1)).toEqual([]);
  });
  it("that was not told is due until it is", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, nth(1));
    expect(await due(ledger, RENEW + DAY)).toHaveLength(1);
    expect(await due(ledger, RENEW + DAY)).toHaveLength(1);
  });
  it("names the tightest threshold alone where several were missed", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, nth(1));
    expect(await tell(ledger, END - 60)).toEqual([
      `will-expire:${serialOf(1)}:${String(HOUR)}`,
      `not-renewed:${serialOf(1)}`,
    ]);
    expect(await tell(ledger, END - 30)).toEqual([]);
  });
  it("of a day's certificate does not come with its issue", async () => {
    const { ledger } = newLedger();
    const day = { notAfter: NOON + DAY, renewAfter: NOON + 16 * HOUR };
    await issueIn(ledger, nth(1, { plan: day }));
    expect(await tell(ledger, NOON + HOUR)).toEqual([]);
    expect(await tell(ledger, NOON + 18 * HOUR)).toEqual([`not-renewed:${serialOf(1)}`]);
    expect(await tell(ledger, NOON + DAY - HOUR)).toEqual([`will-expire:${serialOf(1)}:${String(HOUR)}`]);
  });
  it("is none of a certificate that was replaced or revoked", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, nth(1));
    await issueIn(
      ledger,
      nth(1, {
        now: RENEW,
        plan: { serial: serialOf(2), notAfter: END + 20 * DAY, renewAfter: END },
        credential: { id: "jti:2" },
      }),
    );
    await issueIn(ledger, nth(3));
    await ledger.revoke({
      now: RENEW,
      target: { kind: "certificate", serial: serialOf(3) },
      reason: "superseded",
    });
    expect(await due(ledger, END - 60)).toEqual([]);
  });
  it("of a stolen credential comes once for each node, and not of long ago", async () => {
    const { ledger } = newLedger();
    const stolen = {
      kind: "refused-bound",
      actor: "jti:x",
      node: "rabbit@mq-1.x",
      detail: "credential-bound",
    } as const;
    for (const now of [NOON, NOON + 1, NOON + 2]) await ledger.note({ ...stolen, now });
    await ledger.note({ ...stolen, now: NOON - 8 * DAY, actor: "jti:old" });
    const [notice, another] = await ledger.dueNotices({ now: NOON + 2, ca: CA, limit: 100 });
    expect(notice).toMatchObject({ kind: "credential-bound", node: "rabbit@mq-1.x", credential: "jti:x" });
    expect(another).toBeUndefined();
    expect(await tell(ledger, NOON + 2)).toHaveLength(1);
    await ledger.note({ ...stolen, now: NOON + 3 });
    expect(await tell(ledger, NOON + 3)).toEqual([]);
  });
  it("of the CA's end comes at 90, 30, 7 and 1 days, and of a new CA anew", async () => {
    const { ledger } = newLedger();
    const ids: string[] = [];
    for (let left = 100; left > 0; left--) ids.push(...(await tell(ledger, CA.notAfter - left * DAY)));
    expect(ids).toEqual(
      [90, 30, 7, 1].map((days) => `ca-will-expire:${CA.spkiSha256}:${String(days * DAY)}`),
    );
    expect(await due(ledger, CA.notAfter - DAY, { ...CA, spkiSha256: "d".repeat(64) })).toHaveLength(1);
    expect(await due(ledger, CA.notAfter - DAY, null)).toEqual([]);
  });
  it("waits for the next time where there are too many", async () => {
    const { ledger } = newLedger();
    for (const n of [1, 2, 3]) await issueIn(ledger, nth(n));
    const first = await ledger.dueNotices({ now: RENEW + DAY, ca: CA, limit: 2 });
    expect(first).toHaveLength(2);
    await ledger.recordNotices(
      RENEW + DAY,
      first.map(({ id }) => id),
    );
    expect(await due(ledger, RENEW + DAY)).toEqual([`not-renewed:${serialOf(3)}`]);
  });
});

describe("the feed of what expires", () => {
  it("has each node's newest certificate, soonest first, and no replaced one", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, nth(1));
    await issueIn(ledger, nth(2, { plan: { notAfter: NOON + 5 * DAY, renewAfter: NOON + 3 * DAY } }));
    await issueIn(ledger, nth(3, { plan: { notAfter: NOON + 2 * DAY, renewAfter: NOON + DAY } }));
    await issueIn(
      ledger,
      nth(3, {
        now: NOON + DAY,
        plan: { serial: serialOf(4), notAfter: NOON + 90 * DAY, renewAfter: NOON + 60 * DAY },
        credential: { id: "jti:4" },
      }),
    );
    const feed = async (days: number) =>
      (await ledger.expiring({ now: NOON, before: NOON + days * DAY, limit: 10 })).map(
        ({ entry }) => entry.serial,
      );
    expect(await feed(5)).toEqual([]);
    expect(await feed(6)).toEqual([serialOf(2)]);
    expect(await feed(31)).toEqual([serialOf(2), serialOf(1)]);
  });
});

describe("the census", () => {
  it("counts states, nodes, what is overdue, who lags behind, and refusals by code", async () => {
    const { ledger } = newLedger();
    expect(await ledger.takeCensus(NOON)).toEqual({
      certificates: { reserved: 0, valid: 0, expired: 0, revoked: 0 },
      nodes: 0,
      overdue: 0,
      laggards: 0,
      nextExpiry: null,
      refusals: [],
      crlThisUpdate: null,
    });
    await issueIn(ledger, nth(1));
    await issueIn(ledger, nth(2));
    await issueIn(ledger, nth(3, { snapshotId: "f".repeat(64), plan: { renewAfter: NOON + 25 * DAY } }));
    await ledger.revoke({
      now: NOON,
      target: { kind: "certificate", serial: serialOf(2) },
      reason: "superseded",
    });
    for (const detail of ["weak-key", "name-not-allowed", "weak-key"])
      await ledger.note({ now: NOON, kind: "refused", actor: "jti:x", node: null, detail });
    expect(await ledger.takeCensus(RENEW)).toEqual({
      certificates: { reserved: 0, valid: 2, expired: 0, revoked: 1 },
      nodes: 2,
      overdue: 1,
      laggards: 1,
      nextExpiry: END,
      refusals: [
        { code: "name-not-allowed", count: 1 },
        { code: "weak-key", count: 2 },
      ],
      crlThisUpdate: null,
    });
  });
});
