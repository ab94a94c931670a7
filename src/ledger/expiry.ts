import { ENTRY_COLUMNS, readEntry, stateCondition } from "./certificates.ts";
import { IS_REFUSAL } from "./events.ts";
import type { CertificateState, LedgerEntry } from "./ledger.ts";
import { LAST_SEEN } from "./generation.ts";
import { firstRow, integer, integerOrNull, text, type Row, type Sql } from "./sql.ts";

/** A certificate that a node lives on: its newest. */
export interface ExpiringCertificate {
  readonly entry: LedgerEntry;
  readonly renewAfter: number;
}

export interface ExpiringRequest {
  readonly now: number;
  /** Epoch seconds: what ends before. */
  readonly before: number;
  readonly limit: number;
}

/** What a monitor counts; nothing in it names a node. Times are epoch seconds. */
export interface Census {
  readonly certificates: Readonly<Record<CertificateState, number>>;
  /** Nodes that live on a valid certificate. */
  readonly nodes: number;
  /** Of these: renewal is due and has not happened. */
  readonly overdue: number;
  /** Of these: not known to have the newest CA generation. */
  readonly laggards: number;
  readonly nextExpiry: number | null;
  /** Refusals of verified credentials, by code. */
  readonly refusals: readonly { readonly code: string; readonly count: number }[];
  /** When the newest CRL was made. */
  readonly crlThisUpdate: number | null;
}

/** A node's newest certificate, if it is valid at `?`; one that was replaced ends without anybody's loss. */
export const CURRENT = `issued_at IS NOT NULL AND revoked_at IS NULL AND not_after >= ? AND NOT EXISTS (
  SELECT 1 FROM certificate AS newer WHERE newer.node = certificate.node AND newer.id > certificate.id
  AND newer.issued_at IS NOT NULL AND newer.revoked_at IS NULL)`;

/** Soonest first. */
export const expiring = (sql: Sql, { now, before, limit }: ExpiringRequest): readonly ExpiringCertificate[] =>
  sql
    .exec(
      `SELECT ${ENTRY_COLUMNS}, renew_after FROM certificate WHERE ${CURRENT} AND not_after < ? ORDER BY not_after, id LIMIT ?`,
      now,
      before,
      limit,
    )
    .toArray()
    .map((row) => ({ entry: readEntry(row, now), renewAfter: integer(row, "renew_after") }));

export const takeCensus = (sql: Sql, now: number): Census => {
  const current = sql
    .exec(
      `SELECT count(*) AS nodes, count(CASE WHEN renew_after <= ? THEN 1 END) AS overdue, min(not_after) AS next,
         count(CASE WHEN coalesce((${LAST_SEEN}), 0) < (SELECT max(number) FROM generation) THEN 1 END) AS laggards
       FROM certificate WHERE ${CURRENT}`,
      now,
      now,
    )
    .one();
  return {
    certificates: {
      reserved: countState(sql, "reserved", now),
      valid: countState(sql, "valid", now),
      expired: countState(sql, "expired", now),
      revoked: countState(sql, "revoked", now),
    },
    nodes: integer(current, "nodes"),
    overdue: integer(current, "overdue"),
    laggards: integer(current, "laggards"),
    nextExpiry: integerOrNull(current, "next"),
    refusals: refusals(sql),
    crlThisUpdate: crlThisUpdate(sql),
  };
};

const countState = (sql: Sql, state: CertificateState, now: number): number => {
  const condition = stateCondition(state, now);
  return integer(
    sql.exec(`SELECT count(*) AS n FROM certificate WHERE ${condition.sql}`, ...condition.bindings).one(),
    "n",
  );
};

/** From the events, which one isolate's counters would not survive. */
const refusals = (sql: Sql): Census["refusals"] =>
  sql
    .exec(`SELECT detail, count(*) AS n FROM event WHERE ${IS_REFUSAL} GROUP BY detail ORDER BY detail`)
    .toArray()
    .map((row: Row) => ({ code: text(row, "detail"), count: integer(row, "n") }));

const crlThisUpdate = (sql: Sql): number | null => {
  const row = firstRow(sql, "SELECT this_update FROM crl ORDER BY number DESC LIMIT 1");
  return row === null ? null : integer(row, "this_update");
};
