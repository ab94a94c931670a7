import { sha256 } from "@noble/hashes/sha2.js";
import { toHex, utf8 } from "../bytes.ts";
import { EVENT_KINDS, type EventKind, type LedgerEvent } from "./ledger.ts";
import { integer, integerOrNull, text, textOrNull, type Row, type Sql } from "./sql.ts";

/** Refusals remembered of one credential: enough for an alarm, too few for its holder to fill the ledger. */
const MAX_REFUSALS_PER_CREDENTIAL = 100;
/** As the indexes of refusals say it, so that SQLite takes them. */
export const IS_REFUSAL = "kind IN ('refused', 'refused-bound')";
const GENESIS = "0".repeat(64);

/** An event before it has its place in the chain. */
export type EventInput = Omit<LedgerEvent, "seq" | "hash">;

/** Appends an event to the chain: each row's hash covers the row and the hash before it. Must run inside a transaction. */
export const appendEvent = (sql: Sql, event: EventInput): void => {
  // SQLite takes the hash from the row that has the maximum.
  const last = sql.exec("SELECT max(seq) AS seq, hash FROM event").one();
  const seq = (integerOrNull(last, "seq") ?? 0) + 1;
  const hash = eventHash(textOrNull(last, "hash") ?? GENESIS, seq, event);
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

/**
 * Lower-case hex SHA-256 over the JSON array `[previous hash, seq, at, kind, actor, node, serial, detail]`. Within a transaction there is
 * no waiting for WebCrypto, and `node:crypto` brings 350 KB of Node's streams into every isolate (`npm run bench`, start-up).
 */
export const eventHash = (previous: string, seq: number, event: EventInput): string => {
  const { at, kind, actor, node, serial, detail } = event;
  return toHex(sha256(utf8(JSON.stringify([previous, seq, at, kind, actor, node, serial, detail]))));
};

/** Whether one more event of this actor may be remembered: of its refusals only so many, of everything else all. */
export const mayNote = (sql: Sql, kind: EventKind, actor: string): boolean => {
  if (kind !== "refused" && kind !== "refused-bound") return true;
  const row = sql
    .exec(`SELECT count(*) AS n FROM event WHERE actor = ? AND kind = ? AND ${IS_REFUSAL}`, actor, kind)
    .one();
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
