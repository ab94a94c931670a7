import { appendEvent } from "./events.ts";
import type { WithdrawRequest } from "./ledger.ts";
import type { Sql } from "./sql.ts";

/** Withdraws a credential, whether it was used or not. Must run inside a transaction. Again: the same state, no second event. */
export const withdraw = (sql: Sql, { now, id, until }: WithdrawRequest): void => {
  const again =
    sql.exec("SELECT 1 FROM credential WHERE id = ? AND withdrawn_at IS NOT NULL", id).toArray().length > 0;
  if (again) return;
  sql.exec(
    `INSERT INTO credential (id, kind, first_used_at, expires_at, withdrawn_at) VALUES (?, 'token', NULL, ?, ?)
     ON CONFLICT (id) DO UPDATE SET withdrawn_at = excluded.withdrawn_at`,
    id,
    until,
    now,
  );
  appendEvent(sql, {
    at: now,
    kind: "token-withdrawn",
    actor: "administrator",
    node: null,
    serial: null,
    detail: id,
  });
};
