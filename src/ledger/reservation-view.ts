import { readIssued, readNames } from "./certificates.ts";
import type { LedgerView, RecordedCertificate } from "./ledger-view.ts";
import type { ReserveRequest } from "./ledger.ts";
import { renewalViewOf } from "./renewal.ts";
import { blob, firstRow, integer, integerOrNull, text, textOrNull, type Row, type Sql } from "./sql.ts";

/** All that the decision looks at, as it stands in the ledger at this moment. Changes nothing. */
export const viewOf = (sql: Sql, request: ReserveRequest): LedgerView => {
  const row = standingOf(sql, request);
  return {
    withdrawn: row["withdrawn"] === 1,
    boundKey: textOrNull(row, "bound_key"),
    boundStatedAt: integerOrNull(row, "bound_stated_at"),
    otherUses: integer(row, "other_uses"),
    keyHeldByAnotherNode: row["key_held"] === 1,
    leaseHolder: textOrNull(row, "lease_holder"),
    holderHasAnotherNode: row["holder_has_another"] === 1,
    portHeldByAnotherNode: request.exclusivePorts.some((port) => isHeld(sql, port, request)),
    keyBarred: row["key_barred"] === 1,
    lastRevoked: row["last_revoked"] === 1,
    renewal: renewalViewOf(sql, request),
    recorded: recordedFor(sql, request),
  };
};

/**
 * One statement, because each costs as much as its rows (docs/performance.md).
 *
 * `last_revoked`: whether the last certificate was revoked that this credential got for this node, or this identity, or the key that
 * proves itself here: an older certificate of the same key must not renew in its place. A credential that names exactly this node is the
 * administrator's word that it may come back, so it answers for itself alone.
 */
const STANDING = `SELECT
  EXISTS (SELECT 1 FROM credential WHERE id = ?1 AND withdrawn_at IS NOT NULL) AS withdrawn,
  (SELECT spki_sha256 FROM binding WHERE credential = ?1 AND node = ?2) AS bound_key,
  (SELECT stated_at FROM binding WHERE credential = ?1 AND node = ?2) AS bound_stated_at,
  (SELECT count(*) FROM binding WHERE credential = ?1 AND node <> ?2) AS other_uses,
  EXISTS (SELECT 1 FROM certificate WHERE spki_sha256 = ?3 AND node <> ?2 AND not_after >= ?4) AS key_held,
  (SELECT holder FROM lease WHERE node = ?2 AND until >= ?4) AS lease_holder,
  EXISTS (SELECT 1 FROM lease WHERE holder = ?5 AND node <> ?2 AND until >= ?4) AS holder_has_another,
  EXISTS (SELECT 1 FROM barred_key WHERE spki_sha256 = ?3) AS key_barred,
  (SELECT revoked_at IS NOT NULL FROM certificate
   WHERE node = ?2 AND (credential = ?1 OR holder = ?6 OR spki_sha256 = ?7) ORDER BY id DESC LIMIT 1) AS last_revoked`;

const standingOf = (sql: Sql, { node, now, credential, spkiSha256 }: ReserveRequest): Row =>
  sql
    .exec(
      STANDING,
      credential.id,
      node,
      spkiSha256,
      now,
      credential.holder,
      credential.namesNode ? null : credential.holder,
      credential.binding.kind === "possession" ? credential.binding.spkiSha256 : null,
    )
    .one();

const isHeld = (sql: Sql, port: number, { host, node, now }: ReserveRequest): boolean =>
  firstRow(
    sql,
    "SELECT 1 FROM listener WHERE host = ? AND port = ? AND node <> ? AND until >= ?",
    host,
    port,
    node,
    now,
  ) !== null;

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
      : { kind: "issued", issued: readIssued(row), replayedAt: integerOrNull(row, "replayed_at") },
});
