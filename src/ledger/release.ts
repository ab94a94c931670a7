import { appendEvent } from "./events.ts";
import type { ReleaseRequest } from "./ledger.ts";
import type { Sql } from "./sql.ts";

/**
 * Frees a node name: whoever may have it takes it next, and evidence that has no end of its own (an instance identity document) may
 * bind another key. Certificates stay valid, and tokens stay bound: a stolen one does not come back to life. Must run
 * inside a transaction. Again: the same state, one more event.
 */
export const release = (sql: Sql, { now, node, actor }: ReleaseRequest): void => {
  sql.exec("DELETE FROM lease WHERE node = ?", node);
  sql.exec("DELETE FROM listener WHERE node = ?", node);
  sql.exec(
    "UPDATE credential SET nodes = nodes - 1 WHERE id IN (SELECT credential FROM binding WHERE node = ? AND stated_at IS NOT NULL)",
    node,
  );
  sql.exec("DELETE FROM binding WHERE node = ? AND stated_at IS NOT NULL", node);
  appendEvent(sql, { at: now, kind: "released", actor, node, serial: null, detail: "" });
};
