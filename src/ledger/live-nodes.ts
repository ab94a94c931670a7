import { CURRENT } from "./expiry.ts";
import { LAST_SEEN } from "./generation.ts";
import type { Behind, LiveNode, LiveNodesPage, LiveNodesRequest } from "./rotation.ts";
import { integer, integerOrNull, text, type Row, type Sql } from "./sql.ts";

/** One page of the nodes that live on a valid certificate, by name, each with what it is known to have. */
export const liveNodes = (sql: Sql, { now, behind, limit, cursor }: LiveNodesRequest): LiveNodesPage => {
  const condition = behind === null ? { sql: "TRUE", bindings: [] } : conditionOf(behind);
  const rows = sql
    .exec(
      `SELECT certificate.node AS name, serial, not_after, certificate.generation AS made_under,
         had.generation AS had_generation, seen_at, acknowledged_at
       FROM certificate LEFT JOIN ack AS had ON had.node = certificate.node AND had.generation = (${LAST_SEEN})
       WHERE ${CURRENT} AND certificate.node > ? AND ${condition.sql} ORDER BY certificate.node LIMIT ?`,
      now,
      cursor ?? "",
      ...condition.bindings,
      limit + 1,
    )
    .toArray();
  const nodes = rows.slice(0, limit).map(readLiveNode);
  return { nodes, next: rows.length > limit ? (nodes.at(-1)?.node ?? null) : null };
};

const TRUSTS =
  "EXISTS (SELECT 1 FROM generation, json_each(trusted_roots) WHERE number = had.generation AND json_each.value = ?)";
const IS_UNDER =
  "EXISTS (SELECT 1 FROM generation WHERE number = certificate.generation AND generation.root = ?)";

interface Condition {
  readonly sql: string;
  readonly bindings: readonly string[];
}

const conditionOf = ({ step, root }: Behind): Condition =>
  step === "sign"
    ? { sql: `NOT ${TRUSTS}`, bindings: [root] }
    : { sql: `NOT (${TRUSTS} AND ${IS_UNDER})`, bindings: [root, root] };

const readLiveNode = (row: Row): LiveNode => ({
  node: text(row, "name"),
  caGeneration: integerOrNull(row, "had_generation"),
  seenAt: integerOrNull(row, "seen_at"),
  acknowledged: row["acknowledged_at"] !== null,
  certificate: {
    serial: text(row, "serial"),
    notAfter: integer(row, "not_after"),
    caGeneration: integer(row, "made_under"),
  },
});
