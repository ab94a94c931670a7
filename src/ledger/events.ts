import { createHash } from "node:crypto";
import { EVENT_KINDS, type EventKind, type LedgerEvent } from "./ledger.ts";
import { firstRow, integer, text, textOrNull, type Row, type Sql } from "./sql.ts";

/** Refusals remembered of one credential: enough for an alarm, too few for its holder to fill the ledger. */
const MAX_REFUSALS_PER_CREDENTIAL = 100;
const GENESIS = "0".repeat(64);

/** An event before it has its place in the chain. */
export type EventInput = Omit<LedgerEvent, "seq" | "hash">;

/** Appends an event to the chain: each row's hash covers the row and the hash before it. Must run inside a transaction. */
export const appendEvent = (sql: Sql, event: EventInput): void => {
  const last = firstRow(sql, "SELECT seq, hash FROM event WHERE seq = (SELECT max(seq) FROM event)");
  const seq = last === null ? 1 : integer(last, "seq") + 1;
  const hash = eventHash(last === null ? GENESIS : text(last, "hash"), seq, event);
  sql.exec(
    "INSERT INTO event (seq, at, kind, actor, node, serial, detail, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    seq,
    event.at,
    event.kind,
    event.actor,
    event.node,
    event.serial,
    event.detail,
    hash,
  );
};

/** Lower-case hex SHA-256 over the JSON array `[previous hash, seq, at, kind, actor, node, serial, detail]`. */
export const eventHash = (previous: string, seq: number, event: EventInput): string =>
  createHash("sha256")
    .update(
      JSON.stringify([
        previous,
        seq,
        event.at,
        event.kind,
        event.actor,
        event.node,
        event.serial,
        event.detail,
      ]),
    )
    .digest("hex");

/** Whether one more event of this actor may be remembered: of its refusals only so many, of everything else all. */
export const mayNote = (sql: Sql, kind: EventKind, actor: string): boolean => {
  if (kind !== "refused" && kind !== "refused-bound") return true;
  const row = sql.exec("SELECT count(*) AS n FROM event WHERE actor = ? AND kind = ?", actor, kind).one();
  return integer(row, "n") < MAX_REFUSALS_PER_CREDENTIAL;
};

export const eventsOf = (sql: Sql, serial: string): LedgerEvent[] =>
  sql.exec("SELECT * FROM event WHERE serial = ? ORDER BY seq", serial).toArray().map(readEvent);

export const readEvent = (row: Row): LedgerEvent => ({
  seq: integer(row, "seq"),
  at: integer(row, "at"),
  kind: eventKind(text(row, "kind")),
  actor: text(row, "actor"),
  node: textOrNull(row, "node"),
  serial: textOrNull(row, "serial"),
  detail: text(row, "detail"),
  hash: text(row, "hash"),
});

const eventKind = (name: string): EventKind => {
  const kind = EVENT_KINDS.find((known) => known === name);
  if (kind === undefined) throw new TypeError("the ledger has an event of a kind that is not known here");
  return kind;
};
