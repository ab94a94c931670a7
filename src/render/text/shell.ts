/** What a shell passes on unchanged, in quotes and out of them, however often it splits (`erlang.md` §13). */
const SAFE = /^[A-Za-z0-9_./:@+=,-]+$/;
const NAME = /^[A-Z][A-Z0-9_]*$/;

/**
 * One word for a POSIX shell: bare where nothing in it is special, else in single quotes.
 *
 * @throws on NUL, which no shell word can hold
 */
export const shellQuote = (text: string): string => {
  if (text.includes("\0")) throw new Error("NUL in a shell word");
  return SAFE.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
};

/**
 * `NAME=word`, or `NAME="words…"` with one row a line. For variables that programs expand unquoted: a blank separates words and
 * nothing can protect one, so only words without any special character are taken.
 *
 * @throws on any other word. Parsers have refused those before, so it is a fault.
 */
export const shellAssignment = (name: string, rows: readonly (readonly string[])[]): string => {
  const words = rows.flat();
  if (words.length === 1) return `${variable(name)}=${safeRow(words)}`;
  return `${variable(name)}="${rows.map(safeRow).join(" \\\n  ")}"`;
};

/** As {@link shellAssignment}, for a variable that programs started later must see. */
export const shellExport = (name: string, word: string): string =>
  `export ${shellAssignment(name, [[word]])}`;

/** Adds words to what the variable held before. Only for files that are read once a process. */
export const shellAppend = (name: string, rows: readonly (readonly string[])[]): string =>
  `${variable(name)}="$${name} ${rows.map(safeRow).join(" \\\n  ")}"`;

/** `NAME="$from"`. */
export const shellCopy = (name: string, from: string): string => `${variable(name)}="$${variable(from)}"`;

const variable = (name: string): string => {
  if (!NAME.test(name)) throw new Error("a variable's name is a literal of ours in upper case");
  return name;
};

const safeRow = (words: readonly string[]): string => {
  if (words.length === 0 || !words.every((word) => SAFE.test(word)))
    throw new Error("a word that would not survive splitting");
  return words.join(" ");
};
