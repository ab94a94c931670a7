import { noteDelivery } from "./acknowledge.ts";
import { readIssued } from "./certificates.ts";
import { appendEvent } from "./events.ts";
import type { CompleteRequest, IssuedCertificate } from "./ledger.ts";
import { integer, text, type Row, type Sql } from "./sql.ts";

/**
 * Records a signed certificate and answers what is recorded: of two requests that finish one plan, the first wins and both
 * send its bytes. `null` where it was revoked meanwhile. Must run inside a transaction. Throws on a serial that was never
 * reserved: nothing leaves unplanned.
 */
export const complete = (sql: Sql, request: CompleteRequest): IssuedCertificate | null => {
  const row = sql.exec("SELECT * FROM certificate WHERE serial = ?", request.serial).one();
  const issued = row["issued_at"] === null ? recordIssued(sql, request, row) : readIssued(row);
  if (row["revoked_at"] !== null) return null;
  noteDelivery(sql, text(row, "node"), integer(row, "generation"), request.now);
  return issued;
};

const recordIssued = (sql: Sql, request: CompleteRequest, row: Row): IssuedCertificate => {
  sql.exec(
    "UPDATE certificate SET issued_at = ?, sha256 = ?, chain = ?, tbs = NULL WHERE serial = ?",
    request.now,
    request.sha256,
    request.chain,
    request.serial,
  );
  appendEvent(sql, {
    at: request.now,
    kind: issuedKind(row),
    actor: text(row, "credential"),
    node: text(row, "node"),
    serial: request.serial,
    detail: "",
  });
  return readIssued({ ...row, sha256: request.sha256, chain: request.chain });
};

const issuedKind = (row: Row): "issued" | "renewed" | "renewed-after-expiry" => {
  if (text(row, "credential_kind") !== "possession") return "issued";
  return integer(row, "after_expiry") === 1 ? "renewed-after-expiry" : "renewed";
};
