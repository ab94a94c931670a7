import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readVariable, withVariable } from "../../src/cli/dev-vars.ts";

describe(".dev.vars", () => {
  it("takes a variable at its end, in single quotes", () => {
    expect(withVariable("A=1", "B", '{"x":"a\\nb"}')).toBe('A=1\nB=\'{"x":"a\\nb"}\'\n');
    expect(withVariable("", "B", "x")).toBe("B='x'\n");
  });

  it("replaces the variable and leaves the rest, comments and all", () => {
    expect(withVariable("# one\nB='old'\n\nA=\"two words\" # three\nBB=4\n", "B", "new")).toBe(
      "# one\n\nA=\"two words\" # three\nBB=4\nB='new'\n",
    );
  });

  it("does not touch a file whose other variables would change", () => {
    expect(withVariable("B='line one\nA=2'\n", "B", "new")).toBeNull();
  });

  it.each(["it's", "two\nlines'"])("does not write a value that it cannot quote: %j", (value) => {
    expect(withVariable("", "B", value)).toBeNull();
  });

  it("does not know a variable that is not there", () => {
    expect(readVariable("AB=1\n", "B")).toBeNull();
  });

  it("reads back every JSON text without a single quote", () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: "grapheme-ascii" }), (json) => {
        const value = json.replaceAll("'", "");
        return readVariable(withVariable("A=1\n", "B", value) ?? "", "B") === value;
      }),
    );
  });
});
