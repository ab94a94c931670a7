import type { ErlFlag } from "./erl-flag.ts";

const BARE = /^[A-Za-z0-9_./:@+=,-]+$/;

/**
 * A file for `-args_file`: one flag a line, further rows of a flag indented below it. `#` starts a comment.
 *
 * @throws on a value that the format cannot hold (`erlang.md` §13). Parsers have refused those before, so it is a fault.
 */
export const printVmArgs = (lines: readonly (ErlFlag | string)[]): string =>
  lines.map((line) => `${typeof line === "string" ? printComment(line) : printFlag(line)}\n`).join("");

const printComment = (text: string): string => {
  if (!/^[\x20-\x7e]*$/.test(text)) throw new Error("a comment of ours is one line of ASCII");
  return `## ${text}`;
};

const printFlag = ({ name, rows }: ErlFlag): string => {
  const indent = " ".repeat(name.length + 2);
  return `-${name} ${rows.map((row) => row.map(printWord).join(" ")).join(`\n${indent}`)}`;
};

/** Quotes are raw in this format: there is no escape inside them, so a value with both kinds has no form. */
export const printWord = (word: string): string => {
  if (BARE.test(word)) return word;
  if (!/^[^\p{Cc}\p{Cs}]+$/u.test(word))
    throw new Error("an argument with control characters, or none at all");
  if (!word.includes("'")) return `'${word}'`;
  if (!word.includes('"')) return `"${word}"`;
  throw new Error("an argument with both kinds of quotes");
};
