/** A value of EMQX's configuration. A text is data and always quoted; a word or a boolean is a literal of ours. */
export type HoconValue = HoconScalar | readonly HoconScalar[] | HoconObject;
type HoconScalar = string | boolean | HoconWord;

export interface HoconWord {
  readonly word: string;
}

export interface HoconObject {
  readonly fields: readonly HoconField[];
}

export interface HoconField {
  readonly key: string;
  readonly value: HoconValue;
  /** Above the field. */
  readonly comment?: string;
}

export const word = (text: string): HoconWord => ({ word: text });

/**
 * A HOCON document. Quoted HOCON strings are JSON strings (HOCON §"JSON superset"): no substitution, include or comment
 * works inside them.
 *
 * @throws on a key or word that is not a plain identifier, and on text with lone surrogates
 */
export const printHocon = (fields: readonly HoconField[], indent = ""): string =>
  fields.map((field) => `${printComment(field, indent)}${indent}${printField(field, indent)}\n`).join("");

const printComment = ({ comment }: HoconField, indent: string): string => {
  if (comment === undefined) return "";
  if (!/^[\x20-\x7e]*$/.test(comment)) throw new Error("a comment of ours is one line of ASCII");
  return `${indent}# ${comment}\n`;
};

const printField = ({ key, value }: HoconField, indent: string): string => {
  const name = identifier(key);
  if (typeof value !== "object" || "word" in value) return `${name} = ${printScalar(value)}`;
  if ("fields" in value) return `${name} {\n${printHocon(value.fields, `${indent}  `)}${indent}}`;
  return `${name} = [${value.map(printScalar).join(", ")}]`;
};

const printScalar = (value: HoconScalar): string => {
  if (typeof value === "boolean") return String(value);
  return typeof value === "string" ? quoted(value) : identifier(value.word);
};

/** Unquoted HOCON must start with a letter and cannot hold `/`, `:` or blanks (`erlang.md` §13). */
const identifier = (text: string): string => {
  if (!/^[a-z][a-z0-9_.]*$/.test(text) || ["true", "false", "null", "include"].includes(text))
    throw new Error("not a plain HOCON word");
  return text;
};

const quoted = (text: string): string => {
  if (!text.isWellFormed()) throw new Error("a lone surrogate in a HOCON string");
  return JSON.stringify(text).replaceAll(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
};
