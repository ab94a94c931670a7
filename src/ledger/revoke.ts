import type { RevocationReason } from "../pki/revocation-reason.ts";
import { appendEvent } from "./events.ts";
import { addToCounter } from "./meta.ts";
import type { RevocationTarget, RevokeRequest } from "./revocation.ts";
import { firstRow, text, textOrNull, type Row, type Sql } from "./sql.ts";

/**
 * Revokes what has not been revoked yet, and answers the serials of all that the target names; none where it names nothing. Must run
 * inside a transaction. Again: the same answer, and nothing changes, but for one escalation: a key may turn out to be compromised
 * after its certificate was revoked for less.
 *
 * The compromise of a key revokes every certificate of that key and bars it for ever; the node's name stays held, so that only a
 * credential that names exactly this node can take it. Any other reason frees the name.
 */
export const revoke = (sql: Sql, request: RevokeRequest): readonly string[] => {
  const rows = rowsOf(sql, request);
  const changed = rows.filter((row) => changes(textOrNull(row, "reason"), request.reason));
  for (const row of changed) revokeRow(sql, row, request);
  if (changed.length > 0) addToCounter(sql, "revocations", 1);
  return rows.map((row) => text(row, "serial"));
};

const changes = (before: string | null, reason: RevocationReason): boolean =>
  before === null || (reason === "keyCompromise" && before !== "keyCompromise");

const rowsOf = (sql: Sql, { target, reason }: RevokeRequest): readonly Row[] => {
  const [condition, ...bindings] = conditionOf(target, reason);
  return sql
    .exec(
      `SELECT serial, node, spki_sha256, reason FROM certificate WHERE ${condition} ORDER BY id`,
      ...bindings,
    )
    .toArray();
};

/** Ended certificates too: one that is past its end may still renew where the cluster has a grace for it. */
const conditionOf = (
  target: RevocationTarget,
  reason: RevocationReason,
): readonly [condition: string, ...bindings: string[]] => {
  switch (target.kind) {
    case "certificate":
      return [reason === "keyCompromise" ? OF_THE_SAME_KEY : "serial = ?", target.serial];
    case "node":
      return ["node = ?", target.node];
    case "cluster":
      return ["1"];
  }
};

const OF_THE_SAME_KEY = "spki_sha256 = (SELECT spki_sha256 FROM certificate WHERE serial = ?)";

const revokeRow = (sql: Sql, row: Row, { now, reason }: RevokeRequest): void => {
  const [serial, node] = [text(row, "serial"), text(row, "node")];
  // The first revocation's time stays: it is when the certificate ended.
  sql.exec(
    "UPDATE certificate SET revoked_at = coalesce(revoked_at, ?), reason = ? WHERE serial = ?",
    now,
    reason,
    serial,
  );
  if (reason === "keyCompromise") barKey(sql, text(row, "spki_sha256"), serial, now);
  else freeName(sql, node, serial);
  appendEvent(sql, { at: now, kind: "revoked", actor: "administrator", node, serial, detail: reason });
};

const barKey = (sql: Sql, spkiSha256: string, serial: string, now: number): void => {
  sql.exec(
    "INSERT INTO barred_key (spki_sha256, since, serial) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    spkiSha256,
    now,
    serial,
  );
};

/** Only the certificate by which the name is held frees it: an older one is history. */
const freeName = (sql: Sql, node: string, serial: string): void => {
  if (firstRow(sql, "SELECT 1 FROM lease WHERE node = ? AND serial = ?", node, serial) === null) return;
  sql.exec("DELETE FROM lease WHERE node = ?", node);
  sql.exec("DELETE FROM listener WHERE node = ?", node);
};
