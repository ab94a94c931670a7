import { ENTRY_COLUMNS, readEntry, stateCondition, type Condition } from "./certificates.ts";
import { eventsOf } from "./events.ts";
import type { FoundCertificate, LedgerEntry, LedgerPage, ListRequest } from "./ledger.ts";
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
      `SELECT id, ${ENTRY_COLUMNS} FROM certificate WHERE id IN
         (SELECT id FROM certificate WHERE ${where} ORDER BY ${newestFirst(request)} LIMIT ?) ORDER BY id DESC`,
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

/**
 * What ends first is old: going from the newest back, SQLite would read every live row before it. The `+` has it take the index of ends
 * instead, and sort the numbers that it finds.
 */
const newestFirst = ({ expiresBefore, state }: ListRequest): string =>
  expiresBefore !== null || state === "expired" ? "+id DESC" : "id DESC";

/** Only what was asked for, so that SQLite finds the index for it. */
const conditionsOf = ({ now, node, state, expiresBefore, cursor }: ListRequest): readonly Condition[] => [
  ...(node === null ? [] : [{ sql: "node = ?", bindings: [node] }]),
  ...(expiresBefore === null ? [] : [{ sql: "not_after < ?", bindings: [expiresBefore] }]),
  ...(cursor === null ? [] : [{ sql: "id < ?", bindings: [Number(cursor)] }]),
  ...(state === null ? [] : [stateCondition(state, now)]),
];

/** One certificate, or `null`. */
export const findEntry = (sql: Sql, serial: string, now: number): LedgerEntry | null => {
  const row = firstRow(sql, `SELECT ${ENTRY_COLUMNS} FROM certificate WHERE serial = ?`, serial);
  return row === null ? null : readEntry(row, now);
};

/** One certificate with its history, or `null`. */
export const findCertificate = (sql: Sql, serial: string, now: number): FoundCertificate | null => {
  const row = firstRow(sql, "SELECT * FROM certificate WHERE serial = ?", serial);
  if (row === null) return null;
  return { entry: readEntry(row, now), chain: textOrNull(row, "chain"), events: eventsOf(sql, serial) };
};
