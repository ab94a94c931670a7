import { parseEnv } from "node:util";

/**
 * `.dev.vars`, where `wrangler dev` reads the secrets of a Worker on a laptop: dotenv, one `NAME='value'` a line. Single quotes keep
 * the value as it is, so that the `\n` of JSON stay two characters.
 */

export const readVariable = (text: string, name: string): string | null => parseEnv(text)[name] ?? null;

/**
 * The text with the variable in it, in place of an earlier one. `null` where the rest would read differently afterwards (an earlier
 * value that spans lines) or the value cannot be quoted.
 */
export const withVariable = (text: string, name: string, value: string): string | null => {
  const lines = text.split("\n").filter((line) => !line.startsWith(`${name}=`));
  while (lines.at(-1) === "") lines.pop();
  const result = `${[...lines, `${name}='${value}'`].join("\n")}\n`;
  const expected = { ...parseEnv(text), [name]: value };
  return sameVariables(parseEnv(result), expected) ? result : null;
};

type Variables = ReturnType<typeof parseEnv>;

const sameVariables = (a: Variables, b: Variables): boolean =>
  Object.keys(a).length === Object.keys(b).length &&
  Object.entries(a).every(([name, value]) => b[name] === value);
