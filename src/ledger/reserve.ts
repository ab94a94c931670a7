import { noteDelivery } from "./acknowledge.ts";
import { readIssued, readNames } from "./certificates.ts";
import { appendEvent } from "./events.ts";
import {
  decideReservation,
  type LedgerView,
  type RecordedCertificate,
  type ReservationDecision,
} from "./decide-reservation.ts";
import { countGeneration, foreseeGeneration } from "./generation.ts";
import type { PlannedCertificate, ReserveOutcome, ReserveRequest } from "./ledger.ts";
import { holderAfter, isAfterExpiry, renewalViewOf } from "./renewal.ts";
import { blob, firstRow, integer, integerOrNull, text, type Row, type Sql } from "./sql.ts";

/** A replay is remembered at most this often per certificate, so that a polling client cannot fill the ledger. */
const REPLAY_EVENT_SECONDS = 3600;

/**
 * The atomic step of the issuance: looks, decides, and applies the decision. Must run inside a transaction.
 * A refusal and a dry run change nothing.
 */
export const reserve = (sql: Sql, request: ReserveRequest): ReserveOutcome => {
  const view = viewOf(sql, request);
  const decision = decideReservation(request, view);
  if (!decision.ok) return { kind: "refused", refusal: decision.error };
  const caGeneration = request.dryRun
    ? foreseeGeneration(sql, request.snapshotId)
    : countGeneration(sql, request);
  if (!request.dryRun) apply(sql, request, decision.value, caGeneration, view);
  return outcomeOf(decision.value, caGeneration);
};

const apply = (
  sql: Sql,
  request: ReserveRequest,
  decision: ReservationDecision,
  caGeneration: number,
  view: LedgerView,
): void => {
  bindCredential(sql, request);
  if (decision.kind === "fresh") recordPlan(sql, request, decision.plan, caGeneration, view);
  if (decision.kind !== "replay") return;
  noteReplay(sql, request, decision.issued.serial);
  noteDelivery(sql, request.node, caGeneration, request.now);
};

const outcomeOf = (decision: ReservationDecision, caGeneration: number): ReserveOutcome => {
  if (decision.kind === "replay") return { ...decision, caGeneration };
  const { serial, tbs } = decision.kind === "fresh" ? decision.plan : decision;
  return { kind: decision.kind, caGeneration, serial, tbs };
};

const viewOf = (sql: Sql, request: ReserveRequest): LedgerView => {
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

const bindCredential = (sql: Sql, { credential, node, spkiSha256, now }: ReserveRequest): void => {
  sql.exec(
    "INSERT INTO credential (id, kind, first_used_at, expires_at) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET expires_at = max(expires_at, excluded.expires_at)",
    credential.id,
    credential.kind,
    now,
    credential.expiresAt,
  );
  if (credential.binding.kind !== "first-use") return;
  // The decision allows another key only where a newer statement takes the place of an older one.
  sql.exec(
    `INSERT INTO binding (credential, node, spki_sha256, bound_at, stated_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET spki_sha256 = excluded.spki_sha256, stated_at = max(stated_at, excluded.stated_at)`,
    credential.id,
    node,
    spkiSha256,
    now,
    "statedAt" in credential.binding ? credential.binding.statedAt : null,
  );
};

const recordPlan = (
  sql: Sql,
  request: ReserveRequest,
  plan: PlannedCertificate,
  generation: number,
  view: LedgerView,
): void => {
  const { node, now, credential, host, spkiSha256 } = request;
  const holder = holderAfter(request, view.renewal);
  sql.exec(
    `INSERT INTO certificate (serial, node, spki_sha256, credential, credential_kind, holder, names, not_before, not_after, renew_after, generation, proof, after_expiry, reserved_at, tbs)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    plan.serial,
    node,
    spkiSha256,
    credential.id,
    credential.kind,
    holder,
    JSON.stringify(request.names),
    plan.notBefore,
    plan.notAfter,
    plan.renewAfter,
    generation,
    "proofSha256" in credential.binding ? credential.binding.proofSha256 : null,
    isAfterExpiry(request) ? 1 : 0,
    now,
    plan.tbs.slice().buffer,
  );
  sql.exec(
    "INSERT OR REPLACE INTO lease (node, holder, since, until, serial) VALUES (?, ?, ?, ?, ?)",
    node,
    holder,
    now,
    plan.notAfter,
    plan.serial,
  );
  sql.exec("DELETE FROM listener WHERE node = ?", node);
  for (const port of request.exclusivePorts) {
    sql.exec(
      "INSERT OR REPLACE INTO listener (host, port, node, until) VALUES (?, ?, ?, ?)",
      host,
      port,
      node,
      plan.notAfter,
    );
  }
};

const noteReplay = (sql: Sql, { now, node, credential }: ReserveRequest, serial: string): void => {
  const last = firstRow(
    sql,
    "SELECT replayed_at FROM certificate WHERE serial = ? AND replayed_at > ?",
    serial,
    now - REPLAY_EVENT_SECONDS,
  );
  if (last !== null) return;
  sql.exec("UPDATE certificate SET replayed_at = ? WHERE serial = ?", now, serial);
  appendEvent(sql, { at: now, kind: "replayed", actor: credential.id, node, serial, detail: "" });
};
