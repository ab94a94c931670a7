import * as fc from "fast-check";
import { expect, it, describe } from "vitest";
import {
  atom,
  block,
  call,
  integer,
  list,
  printTerm,
  string,
  tuple,
  type Term,
} from "../../../src/render/text/erlang-term.ts";
import { codePoints, erlangReader, readOptionFiles } from "../../support/erlang-reader.ts";
import { requireOrSkip } from "../../support/requirements.ts";

describe("a term", () => {
  it.each<[string, Term, string]>([
    ["a bare atom", atom("verify_peer"), "verify_peer"],
    ["an atom that needs quotes", atom("tlsv1.3"), "'tlsv1.3'"],
    ["an atom that would be a variable", atom("Server"), "'Server'"],
    ["an atom that would be a keyword", atom("maybe"), "'maybe'"],
    ["the empty atom", atom(""), "''"],
    ["an atom with a quote", atom("x', halt(), '"), "'x\\', halt(), \\''"],
    ["a string", string("/etc/tls"), '"/etc/tls"'],
    [
      "a string with a quote",
      string('/x"},{verify,verify_none},{certfile,"'),
      '"/x\\"},{verify,verify_none},{certfile,\\""',
    ],
    ["a string with a backslash", string("a\\nb"), '"a\\\\nb"'],
    ["a string that looks like an escape", string("\\x{22}"), '"\\\\x{22}"'],
    ["a string beyond ASCII", string("\u0435\u{1F600}"), '"\\x{435}\\x{1F600}"'],
    ["an integer", integer(-2), "-2"],
    ["a tuple", tuple(atom("depth"), integer(2)), "{depth, 2}"],
    ["the empty tuple", tuple(), "{}"],
    ["a list", list(atom("a"), list()), "[a, []]"],
    ["a block", block(tuple(atom("a"), block(atom("b"), atom("c")))), "[\n  {a, [\n    b,\n    c\n  ]}\n]"],
    ["a call", call("public_key", "f", atom("https")), "public_key:f(https)"],
  ])("prints %s", (_, term, text) => {
    expect(printTerm(term)).toBe(text);
  });

  it.each<[string, Term]>([
    ["a line feed", string("a\nb")],
    ["NUL", string("a\0")],
    ["DEL", string("\u007f")],
    ["a C1 control", atom("\u0085")],
    ["a lone surrogate", string("\ud800")],
    ["a number that is no integer", integer(0.5)],
    ["an integer that has lost digits", integer(2 ** 53)],
  ])("is a fault with %s", (_, term) => {
    expect(() => printTerm(term)).toThrow();
  });
});

/** Everything but control characters: those are no part of a configuration. */
const text = fc.string({ unit: "grapheme", maxLength: 12 }).filter((value) => !/[\p{Cc}\p{Cs}]/u.test(value));
const hostile = fc.constantFrom('"', "'", "\\", "}].", "%% x", "$\\n", "~p", '">>', "\\x{22}", "é", "\u202e");
const word = fc.array(fc.oneof(text, hostile), { maxLength: 4 }).map((parts) => parts.join(""));

const { term } = fc.letrec<{ term: Term }>((tie) => ({
  term: fc.oneof(
    { depthSize: "small" },
    word.map(string),
    word.filter((name) => Array.from(name).length < 256).map(atom),
    fc.maxSafeInteger().map(integer),
    fc.array(tie("term"), { maxLength: 3 }).map((elements) => tuple(...elements)),
    fc.array(tie("term"), { maxLength: 3 }).map((elements) => list(...elements)),
    fc.array(tie("term"), { minLength: 1, maxLength: 3 }).map((elements) => block(...elements)),
  ),
}));

/** What Erlang must read. */
const expected = (value: Term): unknown => {
  switch (value.kind) {
    case "atom":
      return { atom: codePoints(value.name) };
    case "string":
      return codePoints(value.text);
    case "integer":
      return value.value;
    case "tuple":
      return { tuple: value.elements.map(expected) };
    case "list":
      return value.elements.map(expected);
    case "call":
    default:
      throw new Error("a call has a value, not a term");
  }
};

requireOrSkip("Erlang", erlangReader)("Erlang", () => {
  it("reads back any term that was printed, and every byte of it is ASCII", async () => {
    const terms = fc.sample(term, { numRuns: 400, seed: 42 });
    const texts = terms.map((value) => printTerm(value));
    expect(texts.every((printed) => /^[\n\x20-\x7e]*$/.test(printed))).toBe(true);
    const [read] = await readOptionFiles([`[${texts.join(",\n")}].\n`]);
    expect(read).toEqual(terms.map(expected));
  });

  it("evaluates a call", async () => {
    const [read] = await readOptionFiles([
      `${printTerm(call("public_key", "pkix_verify_hostname_match_fun", atom("https")))}.\n`,
    ]);
    expect(read).toEqual({ fun: "public_key/2" });
  });
});
