import { describe, expect, it } from "vitest";
import { printSections, printSettings } from "../../../src/render/text/rows.ts";

describe("rows of words", () => {
  it("are sections with their rows, and settings with their values", () => {
    expect(
      printSections([
        { head: ["defaults"], rows: [["mode", "tcp"]] },
        { head: ["listen", "x"], rows: [] },
      ]),
    ).toBe("defaults\n  mode tcp\n\nlisten x\n");
    expect(printSettings([["listeners.tcp.default", "127.0.0.1:5672"]])).toBe(
      "listeners.tcp.default = 127.0.0.1:5672\n",
    );
  });
  it.each(["a b", "#", '"x"', "\\", "$x", "%[src]", "a\nb", ""])("are a fault with the word %j", (word) => {
    expect(() => printSections([{ head: ["listen"], rows: [[word]] }])).toThrow("would not read as one");
    expect(() => printSettings([["key", word]])).toThrow("would not read as one");
  });
});
