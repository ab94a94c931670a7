import { err, ok, type Result } from "./result.ts";

export type JsonDefect = "unreadable" | "ambiguous";

/** What is wrong with a document, after its name: never the parser's message, which quotes the text. */
export const JSON_DEFECTS = {
  unreadable: "is not JSON",
  ambiguous: "has a member twice, or one named __proto__",
} as const satisfies Record<JsonDefect, string>;

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Parses one JSON text strictly: UTF-8, nothing after it, no duplicate member anywhere. `JSON.parse` keeps the last of two
 * members while another reader keeps the first, which is how a check and its use come to differ (CVE-2022-2385).
 */
export const strictJson = (bytes: Uint8Array): Result<unknown, JsonDefect> => {
  let value: unknown;
  let text: string;
  try {
    text = UTF8.decode(bytes);
    value = JSON.parse(text);
  } catch {
    return err("unreadable");
  }
  return hasAmbiguousMember(text) ? err("ambiguous") : ok(value);
};

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]/gu;

/** A name that some readers take for the object's prototype and others for a member. */
const TAKEN = ["__proto__"];

/** `text` must be valid JSON: then a string before a colon is a member name, and brackets balance. */
const hasAmbiguousMember = (text: string): boolean => {
  const open: Set<string>[] = [];
  let last = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "{" || token === "[") open.push(new Set(TAKEN));
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":") {
      // Escapes are decoded first: "a" and "\u0061" are one name.
      const name = String(JSON.parse(last));
      if (open.at(-1)?.has(name)) return true;
      open.at(-1)?.add(name);
    }
    last = token;
  }
  return false;
};
