import { readEntry, STATE_CONDITION } from "./certificates.ts";
import { eventsOf } from "./events.ts";
import type { FoundCertificate, LedgerPage, ListRequest } from "./ledger.ts";
import { firstRow, integer, textOrNull, type Sql } from "./sql.ts";

/**
 * One page of certificates, newest first. The cursor is the row id of the last entry, so a page neither repeats nor skips
 * when certificates are issued between two calls.
 */
export const listCertificates = (sql: Sql, request: ListRequest): LedgerPage => {
  const conditions = [
    "?1 = ?1",
    "?2 IS NULL OR node = ?2",
    "?3 IS NULL OR not_after < ?3",
    "?4 IS NULL OR id < ?4",
  ];
  if (request.state !== null) conditions.push(STATE_CONDITION[request.state]);
  const rows = sql
    .exec(
      `SELECT * FROM certificate WHERE ${conditions.map((condition) => `(${condition})`).join(" AND ")} ORDER BY id DESC LIMIT ?5`,
      request.now,
      request.node,
      request.expiresBefore,
      request.cursor === null ? null : Number(request.cursor),
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

/** One certificate with its history, or `null`. */
export const findCertificate = (sql: Sql, serial: string, now: number): FoundCertificate | null => {
  const row = firstRow(sql, "SELECT * FROM certificate WHERE serial = ?", serial);
  if (row === null) return null;
  return { entry: readEntry(row, now), chain: textOrNull(row, "chain"), events: eventsOf(sql, serial) };
};
