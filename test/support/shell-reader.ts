import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./process.ts";

/** Sources `$1` and prints the words of each further argument's variable, split as programs split it: unquoted, without globbing. */
const PRINT = `
file=$1; shift
. "$file"
set -f
for name do
  eval "set -- \\$$name"
  printf '%s' "$name"
  for word do printf ' %s' "$word"; done
  echo
done`;

/**
 * What a POSIX shell with an empty environment makes of a file: the words of the variables named. Throws if sourcing leaves
 * anything behind in its empty folder, which is how a command that ran shows.
 */
export const readShell = async (
  text: string,
  names: readonly string[],
  before: Readonly<Record<string, string>> = {},
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const folder = mkdtempSync(join(tmpdir(), "interlock-"));
  try {
    const file = join(folder, "file");
    writeFileSync(file, text);
    const environment = Object.entries(before).map(([name, value]) => `${name}=${value}`);
    const output = await run([
      "env",
      "-i",
      "-C",
      folder,
      ...environment,
      "/bin/sh",
      "-eu",
      "-c",
      PRINT,
      "sh",
      file,
      ...names,
    ]);
    const left = readdirSync(folder).filter((name) => name !== "file");
    if (left.length > 0) throw new Error(`the file ran a command, which left ${left.join(", ")}`);
    return new Map(
      output
        .trimEnd()
        .split("\n")
        .map((line) => [line.split(" ")[0] ?? "", line.split(" ").slice(1)]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
};
