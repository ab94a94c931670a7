import hocon from "@pushcorn/hocon-parser";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printHocon, word } from "../../../src/render/text/hocon.ts";
import { readHocon } from "../../support/hocon-reader.ts";

/** Read by a parser that is not ours. */
const parsed = (text: string): Promise<unknown> => hocon.parse({ text });

describe("a HOCON document", () => {
  it("has objects in braces, texts in quotes and words bare", () => {
    expect(
      printHocon([
        { key: "node", value: { fields: [{ key: "name", value: "emqx@h", comment: "who we are" }] } },
        { key: "driver", value: word("ssl") },
        { key: "tls_versions", value: [word("tlsv1.3"), "x"] },
      ]),
    ).toBe('node {\n  # who we are\n  name = "emqx@h"\n}\ndriver = ssl\ntls_versions = [tlsv1.3, "x"]\n');
  });

  it.each([
    ["a substitution", "${?NODE__COOKIE}"],
    ["an include", 'x"\ninclude "/etc/passwd"\ny="'],
    ["a comment", 'x"//'],
    ["an escape", "/etc/\\u0022x"],
    ["a constant", "true"],
    ["a number", "1e5"],
    ["three quotes", '"""'],
    ["a letter beyond ASCII", "\u0435\u{1F600}\u2028"],
  ])("keeps text that looks like %s as text", async (_, text) => {
    const printed = printHocon([{ key: "v", value: text }]);
    expect(printed).toMatch(/^v = "[\x20-\x7e]*"\n$/);
    expect(readHocon(printed)).toEqual(new Map([["v", { string: text }]]));
    expect(await parsed(printed)).toEqual({ v: text });
  });

  it("says the same to a parser that is not ours", async () => {
    const printed = printHocon([
      {
        key: "node",
        value: { fields: [{ key: "name", value: "emqx@h", comment: 'who "we" are: ${HOME} {' }] },
      },
      { key: "driver", value: word("ssl") },
      { key: "tls_versions", value: [word("tlsv1.3"), "x"] },
      { key: "enable", value: true },
    ]);
    expect(await parsed(printed)).toEqual({
      node: { name: "emqx@h" },
      driver: "ssl",
      tls_versions: ["tlsv1.3", "x"],
      enable: true,
    });
  });

  it("comes back with any text in it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: "grapheme" })), async (texts) => {
        const printed = printHocon([{ key: "o", value: { fields: [{ key: "l", value: texts }] } }]);
        expect(readHocon(printed)).toEqual(
          new Map([["o", { object: new Map([["l", texts.map((string) => ({ string }))]]) }]]),
        );
        expect(await parsed(printed)).toEqual({ o: { l: texts } });
      }),
    );
  });

  it.each(["true", "null", "include", "a b", "/x", "${x}", "", "A"])(
    "is a fault with the word %j",
    (text) => {
      expect(() => printHocon([{ key: "v", value: word(text) }])).toThrow("plain HOCON word");
      expect(() => printHocon([{ key: text, value: "v" }])).toThrow("plain HOCON word");
    },
  );

  it("is a fault with half a character or a comment of two lines", () => {
    expect(() => printHocon([{ key: "v", value: "\ud800" }])).toThrow("lone surrogate");
    expect(() => printHocon([{ key: "v", value: "x", comment: "a\nb" }])).toThrow("one line");
  });
});
