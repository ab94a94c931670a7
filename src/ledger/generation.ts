import { issuerText } from "./crl.ts";
import { appendEvent } from "./events.ts";
import type { ReserveRequest } from "./ledger.ts";
import type { CaGeneration } from "./rotation.ts";
import { firstRow, integer, text, textList, type Row, type Sql } from "./sql.ts";

/** The generation that the node of a row in `certificate` has; of two that it got within one second, the later one. */
export const LAST_SEEN =
  "SELECT generation FROM ack WHERE ack.node = certificate.node ORDER BY seen_at DESC, generation DESC LIMIT 1";

/** A CA snapshot, as a request met it. */
export type MetSnapshot = Pick<ReserveRequest, "snapshotId" | "root" | "trustedRoots" | "issuer" | "now">;

/**
 * The number of a snapshot: each that the ledger meets for the first time is the next one (docs/adr/0008-generations-are-counted.md).
 * Must run inside a transaction.
 */
export const countGeneration = (sql: Sql, snapshot: MetSnapshot): number => {
  const known = firstRow(sql, "SELECT number FROM generation WHERE snapshot_id = ?", snapshot.snapshotId);
  return known === null ? publishGeneration(sql, snapshot) : integer(known, "number");
};

export const listGenerations = (sql: Sql): readonly CaGeneration[] =>
  sql.exec("SELECT * FROM generation ORDER BY number").toArray().map(readGeneration);

/** A snapshot that was not met before. Must run inside a transaction. */
export const publishGeneration = (
  sql: Sql,
  { snapshotId, root, trustedRoots, issuer, now }: MetSnapshot,
): number => {
  const number = nextGeneration(sql);
  sql.exec(
    "INSERT INTO generation (number, snapshot_id, root, trusted_roots, issuer, first_seen_at) VALUES (?, ?, ?, ?, ?, ?)",
    number,
    snapshotId,
    root,
    JSON.stringify(trustedRoots),
    issuerText(issuer),
    now,
  );
  // Nobody asked for it: the ledger saw that the secret had changed.
  const detail = `${String(number)} ${snapshotId}`;
  appendEvent(sql, {
    at: now,
    kind: "generation-published",
    actor: "ledger",
    node: null,
    serial: null,
    detail,
  });
  return number;
};

/** What {@link publishGeneration} would answer. */
export const nextGeneration = (sql: Sql): number =>
  integer(sql.exec("SELECT coalesce(max(number), 0) AS n FROM generation").one(), "n") + 1;

const readGeneration = (row: Row): CaGeneration => ({
  caGeneration: integer(row, "number"),
  snapshotId: text(row, "snapshot_id"),
  root: text(row, "root"),
  trustedRoots: textList(row, "trusted_roots"),
  firstSeenAt: integer(row, "first_seen_at"),
});
