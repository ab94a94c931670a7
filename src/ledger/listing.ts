import { readEntry, stateCondition, type Condition } from "./certificates.ts";
import { eventsOf } from "./events.ts";
import type { FoundCertificate, LedgerPage, ListRequest } from "./ledger.ts";
import { firstRow, integer, textOrNull, type Sql } from "./sql.ts";

/**
 * One page of certificates, newest first. The cursor is the row id of the last entry, so a page neither repeats nor skips
 * when certificates are issued between two calls.
 */
export const listCertificates = (sql: Sql, request: ListRequest): LedgerPage => {
  const conditions = conditionsOf(request);
  const where = ["TRUE", ...conditions.map(({ sql: condition }) => condition)].join(" AND ");
  const rows = sql
    .exec(
      `SELECT * FROM certificate WHERE ${where} ORDER BY id DESC LIMIT ?`,
      ...conditions.flatMap(({ bindings }) => bindings),
      request.limit + 1,
    )
    .toArray();
  const page = rows.slice(0, request.limit);
  const last = page.at(-1);
  return {
    entries: page.map((row) => readEntry(row, request.now)),
    next: rows.length > request.limit && last !== undefined ? String(integer(last, "id")) : null,
  };
};

/** Only what was asked for, so that SQLite finds the index for it. */
const conditionsOf = ({ now, node, state, expiresBefore, cursor }: ListRequest): readonly Condition[] => [
  ...(node === null ? [] : [{ sql: "node = ?", bindings: [node] }]),
  ...(expiresBefore === null ? [] : [{ sql: "not_after < ?", bindings: [expiresBefore] }]),
  ...(cursor === null ? [] : [{ sql: "id < ?", bindings: [Number(cursor)] }]),
  ...(state === null ? [] : [stateCondition(state, now)]),
];

/** One certificate with its history, or `null`. */
export const findCertificate = (sql: Sql, serial: string, now: number): FoundCertificate | null => {
  const row = firstRow(sql, "SELECT * FROM certificate WHERE serial = ?", serial);
  if (row === null) return null;
  return { entry: readEntry(row, now), chain: textOrNull(row, "chain"), events: eventsOf(sql, serial) };
};
