import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./process.ts";
import type { Capability } from "./requirements.ts";

/** `erl` and `escript`, for suites that read files back with Erlang's own parsers. */
export const erlangReader = (): Capability => {
  try {
    execFileSync("escript", [join(import.meta.dirname, "consult.escript")], { stdio: "ignore" });
    execFileSync("erl", ["-noinput", "-emu_args_exit"], { stdio: "ignore" });
    return { available: true };
  } catch {
    return { available: false, why: "erl and escript must be on the path" };
  }
};

/** Runs `use` with the texts as files of a fresh folder. */
export const withFiles = async <T>(
  texts: readonly string[],
  use: (paths: readonly string[]) => Promise<T>,
): Promise<T> => {
  const folder = mkdtempSync(join(tmpdir(), "interlock-"));
  try {
    const paths = texts.map((text, i) => {
      const path = join(folder, String(i));
      writeFileSync(path, text);
      return path;
    });
    return await use(paths);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/**
 * What TLS distribution reads from option files with these contents (`ssl_dist_sup:consult/1`), all in one Erlang, in the
 * JSON form that `consult.escript` describes. Strings are lists of code points, because Erlang knows no difference.
 */
export const readOptionFiles = (texts: readonly string[]): Promise<readonly unknown[]> =>
  withFiles(texts, async (paths) => {
    const lines = await run(["escript", join(import.meta.dirname, "consult.escript"), ...paths]);
    return lines
      .trimEnd()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
  });

/** The words that `erl -args_file` makes of a file. The emulator prints them and does not start. */
export const readVmArgs = (text: string): Promise<readonly string[]> =>
  withFiles([text], async ([path = ""]) => {
    const output = await run(["erl", "-args_file", path, "-emu_args_exit"]);
    // `--` begins each group: what erl says of itself, the user's home, the file's arguments.
    const [, , , words = ""] = output.split(/^--\n/m);
    return words.split("\n").slice(0, -1);
  });

/** A string or the name of an atom, in the form of {@link readOptionFiles}. */
export const codePoints = (text: string): readonly number[] =>
  Array.from(text, (char) => char.codePointAt(0) ?? 0);
