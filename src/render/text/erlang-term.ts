/** The terms that configuration files hold. A block list has one element a line. */
export type Term =
  | { readonly kind: "atom"; readonly name: string }
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "integer"; readonly value: number }
  | { readonly kind: "tuple"; readonly elements: readonly Term[] }
  | { readonly kind: "list"; readonly elements: readonly Term[]; readonly block: boolean }
  | {
      readonly kind: "call";
      readonly module: string;
      readonly function: string;
      readonly arguments: readonly Term[];
    };

export const atom = (name: string): Term => ({ kind: "atom", name });
export const string = (text: string): Term => ({ kind: "string", text });
export const integer = (value: number): Term => ({ kind: "integer", value });
export const tuple = (...elements: readonly Term[]): Term => ({ kind: "tuple", elements });
export const list = (...elements: readonly Term[]): Term => ({ kind: "list", elements, block: false });
export const block = (...elements: readonly Term[]): Term => ({ kind: "list", elements, block: true });
/** A remote call, for files that Erlang evaluates (`erlang.md` §1). */
export const call = (module: string, name: string, ...args: readonly Term[]): Term => ({
  kind: "call",
  module,
  function: name,
  arguments: args,
});

/**
 * Prints a term in pure ASCII, so that no reader needs to know an encoding.
 *
 * @throws on what no configuration may hold: control characters, lone surrogates, integers that are not safe. Parsers have
 * refused them before, so it is a fault.
 */
export const printTerm = (term: Term, indent = ""): string => {
  switch (term.kind) {
    case "atom":
      return printAtom(term.name);
    case "string":
      return `"${escape(term.text, '"')}"`;
    case "integer":
      if (!Number.isSafeInteger(term.value)) throw new Error("not an integer");
      return String(term.value);
    case "tuple":
      return `{${term.elements.map((element) => printTerm(element, indent)).join(", ")}}`;
    case "list":
      return printList(term.elements, term.block, indent);
    case "call":
      return `${printAtom(term.module)}:${printAtom(term.function)}(${term.arguments.map((argument) => printTerm(argument, indent)).join(", ")})`;
  }
};

const printList = (elements: readonly Term[], block: boolean, indent: string): string => {
  if (!block) return `[${elements.map((element) => printTerm(element, indent)).join(", ")}]`;
  const inner = `${indent}  `;
  return `[\n${elements.map((element) => inner + printTerm(element, inner)).join(",\n")}\n${indent}]`;
};

const BARE_ATOM = /^[a-z][A-Za-z0-9_@]*$/;
/** Erlang reference manual §1.4; `else` and `maybe` since OTP 25. */
const RESERVED = new Set(
  "after and andalso band begin bnot bor bsl bsr bxor case catch cond div else end fun if let maybe not of or orelse receive rem try when xor".split(
    " ",
  ),
);

const printAtom = (name: string): string =>
  BARE_ATOM.test(name) && !RESERVED.has(name) ? name : `'${escape(name, "'")}'`;

/** What stands for itself between either quotes, as nearly every value does (`npm run bench`, full). */
const PLAIN = /^[ !#-&(-[\]-~]*$/;

const escape = (text: string, quote: string): string => {
  if (PLAIN.test(text)) return text;
  let escaped = "";
  for (const char of text) {
    // A string's iterator yields whole characters, so there is a code point.
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x20 || (code >= 0x7f && code < 0xa0))
      throw new Error("a control character in an Erlang term");
    if (code >= 0xd800 && code <= 0xdfff) throw new Error("a lone surrogate in an Erlang term");
    if (char === "\\" || char === quote) escaped += `\\${char}`;
    else escaped += code < 0x80 ? char : `\\x{${code.toString(16).toUpperCase()}}`;
  }
  return escaped;
};
