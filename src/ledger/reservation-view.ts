import { readIssued, readNames } from "./certificates.ts";
import type { Delivery, LedgerView, RecordedCertificate } from "./ledger-view.ts";
import type { ReserveRequest } from "./ledger.ts";
import { renewalViewOf } from "./renewal.ts";
import { blob, firstRow, integer, integerOrNull, text, textOrNull, type Row, type Sql } from "./sql.ts";

/** All that the decision looks at, as it stands in the ledger at this moment. Changes nothing. */
export const viewOf = (sql: Sql, request: ReserveRequest): LedgerView => {
  const proof = proofOf(request);
  const row = standingOf(sql, request, proof);
  return {
    withdrawn: row["withdrawn"] === 1,
    boundKey: textOrNull(row, "bound_key"),
    boundStatedAt: integerOrNull(row, "bound_stated_at"),
    boundNodes: integer(row, "bound_nodes"),
    keyHeldByAnotherNode: row["key_held"] === 1,
    leaseHolder: textOrNull(row, "lease_holder"),
    holderHasAnotherNode: row["holder_has_another"] === 1,
    portHeldByAnotherNode: request.exclusivePorts.some((port) => isHeld(sql, port, request)),
    keyBarred: row["key_barred"] === 1,
    lastRevoked: row["last_revoked"] === 1,
    listens: row["listens"] === 1,
    caGeneration: integerOrNull(row, "ca_generation"),
    delivered: deliveryOf(row),
    renewal: renewalViewOf(sql, request),
    recorded: row["serial"] === null ? null : readRecorded(row, proof),
  };
};

/** What this very proof of a renewal got before comes first. */
const proofOf = ({ credential: { binding } }: ReserveRequest): string | null =>
  binding.kind === "possession" ? binding.proofSha256 : null;

/**
 * One statement, because each costs as much as its rows (docs/performance.md).
 *
 * `last_revoked`: whether the last certificate was revoked that this credential got for this node, or this identity, or the key that
 * proves itself here: an older certificate of the same key must not renew in its place. A credential that names exactly this node is the
 * administrator's word that it may come back, so it answers for itself alone.
 *
 * `seen`: the newest delivery to the node, of two within one second the later generation. An aggregate has one row, and SQLite takes its
 * other columns from the row that has the maximum.
 *
 * `replayed_at`: the newest event of the certificate says it, so that no row of a certificate changes for a replay.
 */
const STANDING = `SELECT
  used.withdrawn_at IS NOT NULL AS withdrawn, ifnull(used.nodes, 0) AS bound_nodes,
  bound.spki_sha256 AS bound_key, bound.stated_at AS bound_stated_at,
  EXISTS (SELECT 1 FROM certificate WHERE spki_sha256 = ?3 AND node <> ?2 AND not_after >= ?4) AS key_held,
  (SELECT holder FROM lease WHERE node = ?2 AND until >= ?4) AS lease_holder,
  EXISTS (SELECT 1 FROM lease WHERE holder = ?5 AND node <> ?2 AND until >= ?4) AS holder_has_another,
  EXISTS (SELECT 1 FROM barred_key WHERE spki_sha256 = ?3) AS key_barred,
  (SELECT revoked_at IS NOT NULL FROM certificate
   WHERE node = ?2 AND (credential = ?1 OR holder = ?6 OR spki_sha256 = ?7) ORDER BY id DESC LIMIT 1) AS last_revoked,
  EXISTS (SELECT 1 FROM listener WHERE node = ?2) AS listens,
  (SELECT number FROM generation WHERE snapshot_id = ?8) AS ca_generation,
  seen.generation AS seen_generation, seen.seen_at,
  recorded.serial, recorded.credential, recorded.names, recorded.not_before, recorded.not_after, recorded.renew_after, recorded.proof,
  recorded.issued_at, recorded.sha256, recorded.chain, recorded.tbs, made_under.snapshot_id, made_under.root,
  (SELECT at FROM event WHERE event.serial = recorded.serial AND kind = 'replayed' ORDER BY seq DESC LIMIT 1) AS replayed_at
  FROM (SELECT generation, seen_at, max(seen_at * 1048576 + generation) FROM ack WHERE node = ?2) AS seen
  LEFT JOIN credential AS used ON used.id = ?1
  LEFT JOIN binding AS bound ON bound.credential = ?1 AND bound.node = ?2
  LEFT JOIN certificate AS recorded ON recorded.id =
    (SELECT id FROM certificate WHERE spki_sha256 = ?3 AND node = ?2 AND not_after >= ?4 AND revoked_at IS NULL
     ORDER BY proof IS ?9 DESC, id DESC LIMIT 1)
  LEFT JOIN generation AS made_under ON made_under.number = recorded.generation`;

const standingOf = (
  sql: Sql,
  { node, now, credential, spkiSha256, snapshotId }: ReserveRequest,
  proof: string | null,
): Row =>
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
      snapshotId,
      proof,
    )
    .one();

const deliveryOf = (row: Row): Delivery | null =>
  row["seen_generation"] === null
    ? null
    : { generation: integer(row, "seen_generation"), seenAt: integer(row, "seen_at") };

const isHeld = (sql: Sql, port: number, { host, node, now }: ReserveRequest): boolean =>
  firstRow(
    sql,
    "SELECT 1 FROM listener WHERE host = ? AND port = ? AND node <> ? AND until >= ?",
    host,
    port,
    node,
    now,
  ) !== null;

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
