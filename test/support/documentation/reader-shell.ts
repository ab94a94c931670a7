import type { Machine } from "../machine.ts";
import { startProcess } from "../running-process.ts";

/** The shell of somebody who reads a page and types what it says: variables, functions and folder stay from line to line. */
export interface ReaderShell {
  /** Both streams of the command, in their order, and the exit code of its last or its first failing part. */
  readonly type: (command: string, timeout: number) => Promise<Typed>;
  readonly end: () => Promise<void>;
}

export interface Typed {
  readonly code: number;
  readonly said: string;
}

/** A pipe whose first half fails has failed. Nobody is at the keyboard: a command that asks gets the end of its input. */
const LOOP = `set -o pipefail
while read -r number command; do
  eval "$(printf %s "$command" | base64 -d)" >/run/reader.said 2>&1 </dev/null
  printf 'ended %s %s %s\\n' "$number" $? "$(base64 -w0 /run/reader.said)"
done`;

export const openReaderShell = (machine: Machine, env: Readonly<Record<string, string>>): ReaderShell => {
  const shell = startProcess([...machine.enter({ env }), "bash", "--norc", "-c", LOOP]);
  let count = 0;
  return {
    type: async (command, timeout) => {
      const number = String((count += 1));
      shell.say(`${number} ${Buffer.from(command).toString("base64")}`);
      return await shell.hear((line) => endedOf(line, number), timeout);
    },
    end: shell.end,
  };
};

const endedOf = (line: string, number: string): Typed | null => {
  const [word, which, code, said = ""] = line.split(" ");
  return word === "ended" && which === number
    ? { code: Number(code), said: Buffer.from(said, "base64").toString() }
    : null;
};
