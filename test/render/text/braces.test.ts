import { describe, expect, it } from "vitest";
import { printStatements } from "../../../src/render/text/braces.ts";

describe("a block language", () => {
  it("has statements of words, and blocks of statements", () => {
    const statements = [{ head: ["server"], body: [["listen", "8883", "ssl"]] }];
    expect(printStatements(statements, ";")).toBe("server {\n  listen 8883 ssl;\n}\n");
    expect(printStatements(statements, "")).toBe("server {\n  listen 8883 ssl\n}\n");
  });
  it.each(["a b", "a;", "x{", '"x"', "#", "$x", "a\nb", "", "\\"])("is a fault with the word %j", (word) => {
    expect(() => printStatements([["listen", word]], ";")).toThrow("would not read as one");
    expect(() => printStatements([{ head: [word], body: [] }], ";")).toThrow("would not read as one");
  });
});
