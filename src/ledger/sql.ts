/** What SQLite gives and takes in a Durable Object; integers stay below 2^53. */
export type SqlValue = string | number | null | ArrayBuffer;

export type Row = Record<string, SqlValue>;

/** The part of a Durable Object's `SqlStorage` that the ledger uses, so that another SQLite can stand in. */
export interface Sql {
  exec(query: string, ...bindings: SqlValue[]): { toArray(): Row[]; one(): Row };
}

/** Makes changes that happen all or not at all. */
export type Transact = <T>(changes: () => T) => T;

/** For a caller that has a transaction open. */
export const run: Transact = (changes) => changes();

/** The first row, or `null`. */
export const firstRow = (sql: Sql, query: string, ...bindings: SqlValue[]): Row | null =>
  sql.exec(query, ...bindings).toArray()[0] ?? null;

/** Readers of a column. They throw on a type that the STRICT schema cannot hold: a fault, not a refusal. */
export const text = (row: Row, column: string): string => {
  const value = row[column];
  if (typeof value !== "string") throw new TypeError(`ledger column ${column} is not text`);
  return value;
};

export const integer = (row: Row, column: string): number => {
  const value = row[column];
  if (typeof value !== "number") throw new TypeError(`ledger column ${column} is not a number`);
  return value;
};

export const textOrNull = (row: Row, column: string): string | null =>
  row[column] === null ? null : text(row, column);

export const integerOrNull = (row: Row, column: string): number | null =>
  row[column] === null ? null : integer(row, column);

/** A JSON list of texts. */
export const textList = (row: Row, column: string): readonly string[] => {
  const list: unknown = JSON.parse(text(row, column));
  if (Array.isArray(list) && list.every((item) => typeof item === "string")) return list;
  throw new TypeError(`ledger column ${column} is not a list`);
};

export const blob = (row: Row, column: string): Uint8Array<ArrayBuffer> => {
  const value = row[column];
  if (!(value instanceof ArrayBuffer)) throw new TypeError(`ledger column ${column} is not a blob`);
  return new Uint8Array(value);
};
