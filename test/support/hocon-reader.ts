/** What a HOCON document says: nested objects, with words and strings told apart. */
export type ReadHocon =
  | { readonly word: string }
  | { readonly string: string }
  | readonly ReadHocon[]
  | { readonly object: ReadonlyMap<string, ReadHocon> };

const TOKEN = /\s*(?:#[^\n]*\n\s*)*(?:("(?:[^"\\\n]|\\.)*")|([a-z][a-z0-9_.]*)|([{}[\],=]))/gy;

/**
 * Reads the part of HOCON that configuration files use: objects, `=`, arrays, JSON strings, plain words and `#` comments.
 * Throws on everything else, so whatever it reads means the same to every HOCON parser: no substitution, include,
 * concatenation or unquoted path gets through. Values are read back by a parser that is not ours; this one tells
 * words from strings, and is strict.
 */
export const readHocon = (text: string): ReadonlyMap<string, ReadHocon> => {
  const tokens = tokensOf(text);
  let at = 0;
  const take = (): string => tokens[at++] ?? fail("the end");
  const fields = (end: string | undefined): ReadonlyMap<string, ReadHocon> => {
    const map = new Map<string, ReadHocon>();
    while (tokens[at] !== end) {
      const key = take();
      if (!/^[a-z]/.test(key) || map.has(key)) fail(key);
      if (tokens[at] === "=") at++;
      else if (tokens[at] !== "{") fail(key);
      map.set(key, value());
    }
    at++;
    return map;
  };
  const value = (): ReadHocon => {
    const token = take();
    if (token === "{") return { object: fields("}") };
    if (token === "[") return array();
    // A JSON string: the tokenizer has seen its quotes.
    if (token.startsWith('"')) return { string: String(JSON.parse(token)) };
    return /^[a-z]/.test(token) ? { word: token } : fail(token);
  };
  const array = (): readonly ReadHocon[] => {
    const values: ReadHocon[] = [];
    while (tokens[at] !== "]") {
      values.push(value());
      if (tokens[at] === ",") at++;
      else if (tokens[at] !== "]") fail(tokens[at] ?? "the end");
    }
    at++;
    return values;
  };
  return fields(undefined);
};

const tokensOf = (text: string): readonly string[] => {
  const tokens: string[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    tokens.push(match[1] ?? match[2] ?? match[3] ?? "");
    end = match.index + match[0].length;
  }
  return /^\s*$/.test(text.slice(end)) ? tokens : fail(text.slice(end, end + 20));
};

const fail = (what: string): never => {
  throw new Error(`not the HOCON that we write: ${what}`);
};
