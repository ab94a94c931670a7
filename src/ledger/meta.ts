import { text, type Sql } from "./sql.ts";

/** The ledger's counters. They only rise. */
export type Counter = "revocations" | "crl_number";

export const readCounter = (sql: Sql, counter: Counter): number =>
  Number(text(sql.exec("SELECT value FROM meta WHERE key = ?", counter).one(), "value"));

export const raiseCounter = (sql: Sql, counter: Counter, value: number): void => {
  sql.exec("UPDATE meta SET value = ? WHERE key = ?", String(value), counter);
};

export const addToCounter = (sql: Sql, counter: Counter, amount: number): void =>
  raiseCounter(sql, counter, readCounter(sql, counter) + amount);
