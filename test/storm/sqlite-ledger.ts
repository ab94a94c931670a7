import { DatabaseSync, type StatementSync } from "node:sqlite";
import { migrate } from "../../src/ledger/schema.ts";
import type { Row, Sql, SqlValue } from "../../src/ledger/sql.ts";

/** A ledger's tables in Node's SQLite, in memory: where a Durable Object would count for nothing. */
export interface SqliteLedger {
  readonly database: DatabaseSync;
  readonly sql: Sql;
}

export const openLedger = (): SqliteLedger => {
  const database = new DatabaseSync(":memory:");
  const statements = new Map<string, StatementSync>();
  const prepared = (query: string): StatementSync => {
    const statement = statements.get(query) ?? database.prepare(query);
    statements.set(query, statement);
    return statement;
  };
  const sql: Sql = {
    exec: (query, ...bindings) => {
      const rows = prepared(query)
        .all(...bindings.map(toNode))
        .map(fromNode);
      return { toArray: () => rows, one: () => onlyOne(rows) };
    },
  };
  migrate({ exec: (query) => (query.includes(";") ? runScript(database, query) : sql.exec(query)) });
  return { database, sql };
};

/** A prepared statement is one statement; a schema is many. */
const runScript = (database: DatabaseSync, script: string): ReturnType<Sql["exec"]> => {
  database.exec(script);
  return { toArray: () => [], one: () => onlyOne([]) };
};

const onlyOne = ([row, ...others]: readonly Row[]): Row => {
  if (row === undefined || others.length > 0) throw new Error("the ledger expects one row");
  return row;
};

/** Node takes and gives blobs as bytes, a Durable Object as their buffer. */
const toNode = (value: SqlValue): string | number | null | Uint8Array =>
  value instanceof ArrayBuffer ? new Uint8Array(value) : value;

const fromNode = (row: Record<string, unknown>): Row =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      // What is no blob is a text, a number or null: the schema is STRICT and has nothing else.
      value instanceof Uint8Array ? value.slice().buffer : (value as SqlValue),
    ]),
  );
