import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { acknowledge } from "../../../src/ledger/acknowledge.ts";
import { complete } from "../../../src/ledger/complete.ts";
import { crlOrPlan, liveCrls } from "../../../src/ledger/crl.ts";
import { mayNote } from "../../../src/ledger/events.ts";
import { expiring } from "../../../src/ledger/expiry.ts";
import { findCertificate, findEntry, listCertificates } from "../../../src/ledger/listing.ts";
import { liveNodes } from "../../../src/ledger/live-nodes.ts";
import { dueNotices } from "../../../src/ledger/notices.ts";
import { release } from "../../../src/ledger/release.ts";
import { reserve } from "../../../src/ledger/reserve.ts";
import { revoke } from "../../../src/ledger/revoke.ts";
import { run, text, type Sql, type SqlValue } from "../../../src/ledger/sql.ts";
import { completionOf, DAY, NOON, reserveRequest } from "../../support/ledger-requests.ts";
import { keyOf, newLedger, nth, serialOf } from "../support/ledgers.ts";

/** Tables that grow with the cluster or with time. The others have a row a CA. */
const GROWING = ["certificate", "event", "credential", "binding", "lease", "listener", "ack", "barred_key"];

/** How SQLite would go about every statement that a piece of work runs: `SCAN certificate`, `SEARCH lease USING …`. */
const plansOf = async (work: (sql: Sql) => void): Promise<readonly string[]> => {
  const { ledger, object } = newLedger();
  await ledger.ping();
  return runInDurableObject(object, (_, { storage }) => {
    const plans = new Set<string>();
    const watched: Sql = {
      exec: (query: string, ...bindings: SqlValue[]) => {
        for (const step of storage.sql.exec(`EXPLAIN QUERY PLAN ${query}`, ...bindings))
          plans.add(text(step, "detail"));
        return storage.sql.exec(query, ...bindings);
      },
    };
    storage.transactionSync(() => work(watched));
    return [...plans];
  });
};

/** Reads of a growing table from end to end. An index is none: it holds what is looked for and little else, or gives the order. */
const fullScans = (plans: readonly string[]): readonly string[] =>
  plans.filter((plan) =>
    GROWING.some((table) => plan === `SCAN ${table}` || plan.startsWith(`SCAN ${table} USING COVERING`)),
  );

const issue = (sql: Sql, n: number, changes: Parameters<typeof nth>[1] = {}): void => {
  const request = reserveRequest(nth(n, changes));
  reserve(sql, request, run);
  complete(sql, completionOf(request));
};

const issuer = { nameHash: "0badcafe", spkiSha256: "d".repeat(64) };
const list = { now: NOON, node: null, state: null, expiresBefore: null, limit: 100, cursor: null } as const;

describe("a statement of the ledger finds its rows by an index", () => {
  it.each<readonly [string, (sql: Sql) => void]>([
    ["a first certificate", (sql) => issue(sql, 1, { exclusivePorts: [4371] })],
    ["a retry", (sql) => [1, 2].forEach(() => issue(sql, 1))],
    [
      "a renewal by possession",
      (sql) => {
        issue(sql, 1);
        const binding = {
          kind: "possession",
          serial: serialOf(1),
          spkiSha256: keyOf(1),
          proofSha256: "e".repeat(64),
          lapsedSeconds: 0,
        } as const;
        const plan = { serial: serialOf(2), spkiSha256: keyOf(2) };
        expect(
          reserve(sql, reserveRequest(nth(1, { plan, credential: { binding, kind: "possession" } })), run)
            .kind,
        ).toBe("fresh");
      },
    ],
    ["a release", (sql) => release(sql, { now: NOON, node: "rabbit@mq-1", actor: "administrator" })],
    ["a refusal that is remembered", (sql) => void mayNote(sql, "refused", "jti:1")],
    ["what an operator should hear of", (sql) => void dueNotices(sql, { now: NOON, ca: null, limit: 100 })],
    [
      "an acknowledgement",
      (sql) => {
        issue(sql, 1);
        const node = nth(1).node ?? "";
        acknowledge(sql, { now: NOON, node, caGeneration: 1, actor: "jti:1", spkiSha256: keyOf(1) });
      },
    ],
    [
      "a revoked key",
      (sql) => {
        issue(sql, 1);
        revoke(sql, {
          now: NOON,
          target: { kind: "certificate", serial: serialOf(1) },
          reason: "keyCompromise",
        });
      },
    ],
    [
      "a revoked node",
      (sql) => {
        issue(sql, 1);
        revoke(sql, { now: NOON, target: { kind: "node", node: nth(1).node ?? "" }, reason: "superseded" });
      },
    ],
    [
      "a CRL",
      (sql) => {
        crlOrPlan(sql, { now: NOON, issuer, lifetime: 7 * DAY, notAfter: NOON + 365 * DAY });
        liveCrls(sql, NOON);
      },
    ],
    [
      "one certificate with its history",
      (sql) => {
        issue(sql, 1);
        findEntry(sql, serialOf(1), NOON);
        findCertificate(sql, serialOf(1), NOON);
      },
    ],
    ["what expires soon", (sql) => void expiring(sql, { now: NOON, before: NOON + DAY, limit: 100 })],
    ["the list of one node", (sql) => void listCertificates(sql, { ...list, node: "rabbit@mq-1" })],
    ["the list of what ends before", (sql) => void listCertificates(sql, { ...list, expiresBefore: NOON })],
    ["the list of what was revoked", (sql) => void listCertificates(sql, { ...list, state: "revoked" })],
    ["the list of unfinished plans", (sql) => void listCertificates(sql, { ...list, state: "reserved" })],
    ["the list of what has expired", (sql) => void listCertificates(sql, { ...list, state: "expired" })],
    ["a later page of the list", (sql) => void listCertificates(sql, { ...list, cursor: "100" })],
    ["the live nodes", (sql) => void liveNodes(sql, { now: NOON, behind: null, limit: 100, cursor: null })],
    [
      "the nodes that a rotation waits for",
      (sql) =>
        void liveNodes(sql, {
          now: NOON,
          behind: { step: "retire", root: "r" },
          limit: 100,
          cursor: "rabbit@mq-1",
        }),
    ],
  ])("%s", async (_, work) => {
    const plans = await plansOf(work);
    expect(plans).not.toEqual([]);
    expect(fullScans(plans)).toEqual([]);
  });
  it("but for the newest page of everything, which ends after a page", async () => {
    const plans = await plansOf((sql) => void listCertificates(sql, list));
    expect(fullScans(plans)).toEqual(["SCAN certificate"]);
  });
  it("and a table read from end to end would show", async () => {
    expect(fullScans(await plansOf((sql) => void sql.exec("SELECT * FROM lease WHERE serial = ''")))).toEqual(
      ["SCAN lease"],
    );
  });
});
