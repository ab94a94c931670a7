import { appendEvent } from "./events.ts";
import { CURRENT } from "./expiry.ts";
import type { Delivery } from "./ledger-view.ts";
import type { AcknowledgeOutcome, AcknowledgeRequest } from "./rotation.ts";
import { firstRow, integerOrNull, type Sql } from "./sql.ts";

/** Another reply of the generation that a node has is written down this often: a node that polls must not make the ledger write. */
const SEEN_AGAIN_SECONDS = 3600;

/** Whether {@link noteDelivery} would change anything, of a node that had this last. */
export const isDeliveryNew = (had: Delivery | null, generation: number, now: number): boolean =>
  had === null || had.generation !== generation || now >= had.seenAt + SEEN_AGAIN_SECONDS;

/** Remembers that a reply of this generation goes to the node. Must run inside a transaction. */
export const noteDelivery = (
  sql: Sql,
  node: string,
  generation: number,
  now: number,
  again = SEEN_AGAIN_SECONDS,
): void => {
  sql.exec(
    `INSERT INTO ack (node, generation, seen_at) VALUES (?1, ?2, ?3)
     ON CONFLICT DO UPDATE SET seen_at = excluded.seen_at
     WHERE excluded.seen_at >= seen_at + ?4 OR excluded.generation IS NOT
       (SELECT generation FROM ack AS had WHERE had.node = ?1 ORDER BY seen_at DESC, generation DESC LIMIT 1)`,
    node,
    generation,
    now,
    again,
  );
};

/**
 * Remembers that a live node has a generation in place. Must run inside a transaction. Again: the newer time, and no second event, so
 * that a node cannot fill the ledger.
 */
export const acknowledge = (sql: Sql, request: AcknowledgeRequest): AcknowledgeOutcome => {
  const { now, node, caGeneration, actor, spkiSha256 } = request;
  if (firstRow(sql, "SELECT 1 FROM generation WHERE number = ?", caGeneration) === null)
    return "generation-unknown";
  if (firstRow(sql, `SELECT 1 FROM certificate WHERE ${CURRENT} AND node = ?`, now, node) === null)
    return "node-unknown";
  if (spkiSha256 !== null && !holdsName(sql, node, spkiSha256, now)) return "superseded";
  const before = firstRow(
    sql,
    "SELECT acknowledged_at FROM ack WHERE node = ? AND generation = ?",
    node,
    caGeneration,
  );
  noteDelivery(sql, node, caGeneration, now, 0);
  if (before !== null && integerOrNull(before, "acknowledged_at") !== null) return "acknowledged";
  sql.exec("UPDATE ack SET acknowledged_at = ? WHERE node = ? AND generation = ?", now, node, caGeneration);
  const detail = String(caGeneration);
  appendEvent(sql, { at: now, kind: "generation-acknowledged", actor, node, serial: null, detail });
  return "acknowledged";
};

/** A key that another has taken the name from knows nothing of the node any more. */
const holdsName = (sql: Sql, node: string, spkiSha256: string, now: number): boolean =>
  firstRow(
    sql,
    `SELECT 1 FROM lease JOIN certificate ON certificate.serial = lease.serial
     WHERE lease.node = ? AND lease.until >= ? AND certificate.spki_sha256 = ? AND certificate.revoked_at IS NULL`,
    node,
    now,
    spkiSha256,
  ) !== null;
