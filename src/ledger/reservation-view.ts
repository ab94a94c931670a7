import { readIssued, readNames } from "./certificates.ts";
import type { LedgerView, RecordedCertificate } from "./ledger-view.ts";
import type { ReserveRequest } from "./ledger.ts";
import { renewalViewOf } from "./renewal.ts";
import { blob, firstRow, integer, integerOrNull, text, type Row, type Sql } from "./sql.ts";

/** All that the decision looks at, as it stands in the ledger at this moment. Changes nothing. */
export const viewOf = (sql: Sql, request: ReserveRequest): LedgerView => {
  const { node, now, credential, spkiSha256 } = request;
  const exists = (query: string, ...bindings: (string | number)[]): boolean =>
    firstRow(sql, query, ...bindings) !== null;
  const bound = firstRow(
    sql,
    "SELECT spki_sha256, stated_at FROM binding WHERE credential = ? AND node = ?",
    credential.id,
    node,
  );
  const others = sql
    .exec("SELECT count(*) AS n FROM binding WHERE credential = ? AND node <> ?", credential.id, node)
    .one();
  const lease = firstRow(sql, "SELECT holder FROM lease WHERE node = ? AND until >= ?", node, now);
  return {
    withdrawn: exists("SELECT 1 FROM credential WHERE id = ? AND withdrawn_at IS NOT NULL", credential.id),
    boundKey: bound === null ? null : text(bound, "spki_sha256"),
    boundStatedAt: bound === null ? null : integerOrNull(bound, "stated_at"),
    otherUses: integer(others, "n"),
    keyHeldByAnotherNode: exists(
      "SELECT 1 FROM certificate WHERE spki_sha256 = ? AND node <> ? AND not_after >= ? LIMIT 1",
      spkiSha256,
      node,
      now,
    ),
    leaseHolder: lease === null ? null : text(lease, "holder"),
    holderHasAnotherNode: exists(
      "SELECT 1 FROM lease WHERE holder = ? AND node <> ? AND until >= ? LIMIT 1",
      credential.holder,
      node,
      now,
    ),
    portHeldByAnotherNode: request.exclusivePorts.some((port) =>
      exists(
        "SELECT 1 FROM listener WHERE host = ? AND port = ? AND node <> ? AND until >= ?",
        request.host,
        port,
        node,
        now,
      ),
    ),
    keyBarred: exists("SELECT 1 FROM barred_key WHERE spki_sha256 = ?", spkiSha256),
    lastRevoked: lastRevoked(sql, request),
    renewal: renewalViewOf(sql, request),
    recorded: recordedFor(sql, request),
  };
};

/**
 * Whether the last certificate was revoked that this credential got for this node, or this identity, or the key that proves itself here: an
 * older certificate of the same key must not renew in its place. A credential that names exactly this node is the administrator's word
 * that it may come back, so it answers for itself alone.
 */
const lastRevoked = (sql: Sql, { node, credential }: ReserveRequest): boolean => {
  const last = firstRow(
    sql,
    "SELECT revoked_at FROM certificate WHERE node = ? AND (credential = ? OR holder = ? OR spki_sha256 = ?) ORDER BY id DESC LIMIT 1",
    node,
    credential.id,
    credential.namesNode ? null : credential.holder,
    credential.binding.kind === "possession" ? credential.binding.spkiSha256 : null,
  );
  return last !== null && last["revoked_at"] !== null;
};

const recordedFor = (
  sql: Sql,
  { node, now, spkiSha256, credential }: ReserveRequest,
): RecordedCertificate | null => {
  const proof = credential.binding.kind === "possession" ? credential.binding.proofSha256 : null;
  const row = firstRow(
    sql,
    `SELECT certificate.*, generation.snapshot_id, generation.root
     FROM certificate JOIN generation ON generation.number = certificate.generation
     WHERE spki_sha256 = ?1 AND node = ?2 AND not_after >= ?3 AND revoked_at IS NULL
     ORDER BY proof IS ?4 DESC, id DESC LIMIT 1`,
    spkiSha256,
    node,
    now,
    proof,
  );
  return row === null ? null : readRecorded(row, proof);
};

const readRecorded = (row: Row, proof: string | null): RecordedCertificate => ({
  ofThisProof: proof !== null && row["proof"] === proof,
  credentialId: text(row, "credential"),
  snapshotId: text(row, "snapshot_id"),
  root: text(row, "root"),
  names: readNames(row),
  serial: text(row, "serial"),
  renewAfter: integer(row, "renew_after"),
  state:
    row["issued_at"] === null
      ? { kind: "reserved", tbs: blob(row, "tbs") }
      : { kind: "issued", issued: readIssued(row) },
});
