import { cpSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as z from "zod";

const sizeSchema = z.object({ bytes: z.int() });

/**
 * The bytes of all ledgers below workerd's state: pages in use, what Cloudflare counts as stored. A copy is read, the log of changes
 * that are not in the pages yet with it: the running server has the files.
 */
export const ledgerBytes = (stateDirectory: string): number => {
  const copy = mkdtempSync(join(tmpdir(), "interlock-ledger-"));
  try {
    cpSync(join(stateDirectory, "ledger"), copy, { recursive: true });
    const files = globSync("**/*.sqlite", { cwd: copy }).filter((file) => !file.endsWith("metadata.sqlite"));
    return files.reduce((sum, file) => sum + bytesOf(join(copy, file)), 0);
  } finally {
    rmSync(copy, { recursive: true });
  }
};

const bytesOf = (file: string): number => {
  const database = new DatabaseSync(file);
  try {
    const query = "SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()";
    return sizeSchema.parse(database.prepare(query).get()).bytes;
  } finally {
    database.close();
  }
};
