import { globSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** How many rows each table of every ledger of a deployment has, read from its files: what a forgery must leave as it is. */
export const ledgerRows = (stateDirectory: string): Readonly<Record<string, number>> => {
  const files = globSync(join(stateDirectory, "**", "*.sqlite")).filter(
    (file) => !file.endsWith("metadata.sqlite"),
  );
  return Object.fromEntries(files.flatMap((file) => rowsOf(file)));
};

const rowsOf = (file: string): readonly (readonly [string, number])[] => {
  const ledger = new DatabaseSync(file, { readOnly: true });
  try {
    const tables = ledger.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    return tables.map(({ name }) => {
      const row = ledger.prepare(`SELECT count(*) AS n FROM "${String(name)}"`).get();
      return [`${file} ${String(name)}`, Number(row?.["n"])];
    });
  } finally {
    ledger.close();
  }
};
