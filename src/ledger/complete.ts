import { noteDelivery } from "./acknowledge.ts";
import { readIssued } from "./certificates.ts";
import { appendEvent } from "./events.ts";
import type { CompleteRequest, IssuedCertificate } from "./ledger.ts";
import { firstRow, integer, text, type Row, type Sql } from "./sql.ts";

/**
 * Records a signed certificate and answers what is recorded: of two requests that finish one plan, the first wins and both
 * send its bytes. `null` where it was revoked meanwhile. Must run inside a transaction. Throws on a serial that was never
 * reserved: nothing leaves unplanned.
 */
export const complete = (sql: Sql, request: CompleteRequest): IssuedCertificate | null => {
  const row = recordIssued(sql, request) ?? recorded(sql, request.serial);
  if (row["revoked_at"] !== null) return null;
  noteDelivery(sql, text(row, "node"), integer(row, "generation"), request.now);
  return readIssued(row);
};

/** What the answer is made from, and whose it is. */
const COLUMNS =
  "serial, node, credential, credential_kind, after_expiry, generation, revoked_at, not_before, not_after, renew_after, names";

/** `null` where there is no such plan that waits to be completed. */
const recordIssued = (sql: Sql, { now, serial, sha256, chain }: CompleteRequest): Row | null => {
  const row = firstRow(
    sql,
    `UPDATE certificate SET issued_at = ?, sha256 = ?, chain = ?, tbs = NULL
     WHERE serial = ? AND issued_at IS NULL RETURNING ${COLUMNS}`,
    now,
    sha256,
    chain,
    serial,
  );
  if (row === null) return null;
  const [kind, actor, node] = [issuedKind(row), text(row, "credential"), text(row, "node")];
  appendEvent(sql, { at: now, kind, actor, node, serial, detail: "" });
  return { ...row, sha256, chain };
};

const recorded = (sql: Sql, serial: string): Row =>
  sql.exec(`SELECT ${COLUMNS}, sha256, chain FROM certificate WHERE serial = ?`, serial).one();

const issuedKind = (row: Row): "issued" | "renewed" | "renewed-after-expiry" => {
  if (text(row, "credential_kind") !== "possession") return "issued";
  return integer(row, "after_expiry") === 1 ? "renewed-after-expiry" : "renewed";
};
