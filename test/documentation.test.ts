import { describe, expect, it } from "vitest";
import { promptLines, stepsOf } from "./support/documentation/console.ts";
import { pages, readPage } from "./support/documentation/pages.ts";
import { saysWhat } from "./support/documentation/shown-output.ts";
import { situatedPages, situationOf, substitute } from "./support/documentation/situations.ts";

/** What `test/system/documentation.test.ts` types, looked at before it is typed. */
const block = (...lines: readonly string[]): string =>
  ["Words.", "```console", ...lines, "```", ""].join("\n");

describe("a console block", () => {
  it("is read as a shell reads it: a command goes on until it is whole, the rest is what it says", () => {
    const page = block(
      "$ one |",
      "    two",
      "said",
      "$ cat <<'EOF'",
      "$HOME",
      "EOF",
      "$ f() {",
      "  x \\",
      "  y",
      "}",
    );
    expect(stepsOf(page)).toEqual([
      { line: 3, command: "one |\n    two", output: "said", opens: true },
      { line: 6, command: "cat <<'EOF'\n$HOME\nEOF", output: null, opens: false },
      { line: 9, command: "f() {\n  x \\\n  y\n}", output: null, opens: false },
    ]);
  });
  it("may stand in a list", () => {
    const page = [
      "1. Words:",
      "",
      "   ```console",
      "   $ one \\",
      "       two",
      "   said",
      "   ```",
      "",
    ].join("\n");
    expect(stepsOf(page)).toEqual([{ line: 4, command: "one \\\n    two", output: "said", opens: true }]);
  });
  it("starts with a $, and leaves no command open", () => {
    expect(() => stepsOf(block("one", "$ two"))).toThrow("line 3: a console block starts with $");
    expect(() => stepsOf(block("$ one '", "two"))).toThrow("line 3: the shell reads this command to no end");
  });
});

describe("what a page shows", () => {
  it("is what was said, down to the letter", () => {
    expect(saysWhat("a.b: 1 (x)\nc", "a.b: 1 (x)\nc\n")).toBe(true);
    expect(saysWhat("a.b", "aXb\n")).toBe(false);
    expect(saysWhat("a", "a\nb\n")).toBe(false);
    expect(saysWhat("a\nb", "a\n")).toBe(false);
  });
  it("may be of another time, another serial or another digest, but of nothing else", () => {
    const [one, other] = ["2026-12-22T13:18:18Z", "2027-01-02T03:04:05Z"];
    expect(saysWhat(`until ${one}`, `until ${other}`)).toBe(true);
    expect(saysWhat(`until ${one}`, "until tomorrow")).toBe(false);
    expect(saysWhat("a".repeat(64), "b".repeat(64))).toBe(true);
    expect(saysWhat("a".repeat(64), "b".repeat(63))).toBe(false);
  });
  it("may leave out the rest of a line, or lines", () => {
    expect(saysWhat("one … three", "one two three")).toBe(true);
    expect(saysWhat("one…", "one")).toBe(false);
    expect(saysWhat("one\n…\nfour", "one\ntwo\nthree\nfour")).toBe(true);
    expect(saysWhat("one\n…\nfour", "one\ntwo\nthree")).toBe(false);
  });
});

describe.each(pages())("%s", (page) => {
  const text = readPage(page);
  it("has its lines with a $ where they are typed, in a console block", () =>
    expect(stepsOf(text).map(({ line }) => line)).toEqual(promptLines(text)));
  it("leaves nothing out of a command that a reader could not fill in", () => {
    const situation = situationOf(page);
    const commands = stepsOf(text).map(({ command }) => substitute(command, situation));
    expect(commands.filter((command) => command.includes("…"))).toEqual([]);
  });
});

describe("the situations", () => {
  it.each(situatedPages())("of %s substitute only what stands there", (page) => {
    const steps = stepsOf(readPage(page));
    expect(steps).not.toEqual([]);
    const words = steps.map(({ command, output }) => `${command}\n${output ?? ""}`).join("\n");
    const { substitutions } = situationOf(page);
    expect(Object.keys(substitutions).filter((there) => !words.includes(there))).toEqual([]);
  });
});
