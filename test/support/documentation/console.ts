import { spawnSync } from "node:child_process";

/** What a page tells its reader to type: a `$` line of a console block, with the lines that it goes on for. */
export interface Step {
  /** Of the page, from 1. */
  readonly line: number;
  readonly command: string;
  /** What the page shows below it, or `null` where it shows nothing. */
  readonly output: string | null;
  /** Whether it is the first of its block. */
  readonly opens: boolean;
}

const PROMPT = "$ ";

/** Lines that look like a prompt, wherever they stand and whatever surrounds them: each of them must be a step. */
export const promptLines = (page: string): readonly number[] =>
  page.split("\n").flatMap((text, index) => (/^[\s>]*\$\s/.test(text) ? [index + 1] : []));

export const stepsOf = (page: string): readonly Step[] =>
  consoleBlocks(page).flatMap(({ lines, first }) => stepsOfBlock(lines, first));

interface Block {
  readonly lines: readonly string[];
  /** Number of its first line. */
  readonly first: number;
}

/** Fences may stand in a list, and then lose the indentation of their first line. */
const consoleBlocks = (page: string): readonly Block[] =>
  [...page.matchAll(/^([ ]*)```console\n(.*?)^\1```$/gms)].map((block) => {
    const [, indent = "", text = ""] = block;
    const lines = text
      .replace(/\n$/, "")
      .split("\n")
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line));
    return { lines, first: page.slice(0, block.index).split("\n").length + 1 };
  });

const stepsOfBlock = (lines: readonly string[], first: number): readonly Step[] => {
  const steps: Step[] = [];
  for (let at = 0; at < lines.length;) {
    if (!lines[at]?.startsWith(PROMPT)) throw new Error(`line ${first + at}: a console block starts with $`);
    const next = endOfCommand(lines, at, first);
    const after = lines.findIndex((line, index) => index >= next && line.startsWith(PROMPT));
    const end = after < 0 ? lines.length : after;
    steps.push({
      line: first + at,
      command: lines.slice(at, next).join("\n").slice(PROMPT.length),
      output: next === end ? null : lines.slice(next, end).join("\n"),
      opens: at === 0,
    });
    at = end;
  }
  return steps;
};

/** As a shell at its prompt: it reads on until it has a whole command. */
const endOfCommand = (lines: readonly string[], from: number, first: number): number => {
  for (let end = from + 1; end <= lines.length; end++)
    if (isWhole(lines.slice(from, end).join("\n").slice(PROMPT.length))) return end;
  throw new Error(`line ${first + from}: the shell reads this command to no end`);
};

const isWhole = (command: string): boolean =>
  !command.endsWith("\\") && spawnSync("bash", ["-n"], { input: command }).stderr.length === 0;
