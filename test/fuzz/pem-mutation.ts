import type { Change } from "./change.ts";

type Edit = (text: string, change: Change<string>) => string;

const LABELS = [
  "CERTIFICATE REQUEST",
  "NEW CERTIFICATE REQUEST",
  "CERTIFICATE",
  "PRIVATE KEY",
  "CMS",
  "PKCS7",
  "certificate request",
  "",
] as const;
const SPACES = [
  " ",
  "\t",
  "\n",
  "\r",
  "\r\n",
  "\v",
  "\f",
  "\u{85}",
  "\u{a0}",
  "\u{2028}",
  "\u{feff}",
] as const;
const ODD = [
  "\0",
  "-",
  "_",
  "=",
  "+",
  "/",
  ",",
  "&",
  "%2B",
  "\u{fffd}",
  "\u{1f600}",
  "-----",
  "\\n",
] as const;
const HEADERS = ["Proc-Type: 4,ENCRYPTED\n", "DEK-Info: AES-256-CBC,00\n\n", "Comment: x\n\n"] as const;
const WIDTHS = [1, 2, 3, 60, 76, 77, 1000, 100_000] as const;

const pickOf = (list: readonly string[], pick: number): string => list[pick % list.length] ?? "";
const insert = (text: string, at: number, more: string): string => {
  const where = at % (text.length + 1);
  return text.slice(0, where) + more + text.slice(where);
};

/** What mail, editors, shells and attackers do to armoured text. */
export const PEM_OPERATORS = {
  "line-ends": (text, { pick }) =>
    text.replaceAll("\n", pickOf(["\r\n", "\r", "\n\n", " \n", "", "\n "], pick)),
  width: (text, { pick }) => rewrapped(text, WIDTHS[pick % WIDTHS.length] ?? 64),
  "insert-space": (text, { at, pick }) => insert(text, at, pickOf(SPACES, pick)),
  "insert-odd": (text, { at, pick }) => insert(text, at, pickOf(ODD, pick)),
  "replace-character": (text, { at, octet }) => replaceAt(text, at, String.fromCharCode(octet)),
  "drop-character": (text, { at }) => replaceAt(text, at, ""),
  "cut-text": (text, { at }) => text.slice(0, at % (text.length + 1)),
  label: (text, { pick, octet }) => relabelled(text, pickOf(LABELS, pick), octet % 3),
  header: (text, { pick }) => text.replace("-----\n", `-----\n${pickOf(HEADERS, pick)}`),
  foreword: (text, { pick }) =>
    pickOf(["Certificate Request:\n", "x", "\n\n", "\u{feff}", "-----END X-----\n"], pick) + text,
  afterword: (text, { pick }) => text + pickOf(["x", "\n\n", " ", "\0", "-----BEGIN X-----\n"], pick),
  "second-block": (text) => text + text,
  "without-armour": (text) => text.replaceAll(/-----[^-]*-----\n?/g, ""),
  padding: (text, { pick }) => text.replace(/=*\n-----END/, `${"=".repeat(pick % 4)}\n-----END`),
  "last-bits": (text, { octet }) =>
    text.replace(/[A-Za-z0-9+/](?==*\n-----END)/, (c) => nextCharacter(c, octet)),
} satisfies Record<string, Edit>;

export type PemOperator = keyof typeof PEM_OPERATORS;

export const PEM_OPERATOR_NAMES = Object.keys(PEM_OPERATORS) as readonly PemOperator[];

export const mutateText = (text: string, change: Change<PemOperator>): string => {
  const edit: Edit = PEM_OPERATORS[change.operator];
  return edit(text, change);
};

const replaceAt = (text: string, at: number, by: string): string => {
  const where = at % Math.max(text.length, 1);
  return text.slice(0, where) + by + text.slice(where + 1);
};

/** In the BEGIN line, in the END line or in both. */
const relabelled = (text: string, label: string, where: number): string => {
  const begun = where === 1 ? text : text.replace(/-----BEGIN [^-]*-----/, `-----BEGIN ${label}-----`);
  return where === 0 ? begun : begun.replace(/-----END [^-]*-----/, `-----END ${label}-----`);
};

const rewrapped = (text: string, width: number): string =>
  text.replace(/(?<=-----\n)[^-]+(?=-----END)/, (body) => {
    const base64 = body.replaceAll("\n", "");
    return `${(base64.match(new RegExp(`.{1,${width}}`, "g")) ?? []).join("\n")}\n`;
  });

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const nextCharacter = (character: string, step: number): string =>
  ALPHABET[(ALPHABET.indexOf(character) + 1 + (step % 63)) % 64] ?? "";
