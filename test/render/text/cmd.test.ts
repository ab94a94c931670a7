import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cmdFile, cmdSet } from "../../../src/render/text/cmd.ts";
import { readBatch } from "../../support/batch-reader.ts";

describe("a batch file", () => {
  it("has CR LF, and a caret where a row goes on", () => {
    expect(
      cmdFile([
        "@echo off",
        cmdSet("ARGS", [
          ["-a", "b"],
          ["-c", "C:/x"],
        ]),
      ]),
    ).toBe("@echo off\r\nset ARGS=-a b ^\r\n    -c C:/x\r\n");
  });

  it("gives the words that went in", () => {
    const words = fc.array(fc.stringMatching(/^[A-Za-z0-9_./:@+-]{1,12}$/), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 4 }), (rows) => {
        expect(readBatch(cmdFile([cmdSet("V", rows)]))).toEqual(new Map([["V", rows.flat()]]));
      }),
    );
  });

  it.each([
    "a b",
    "",
    "%PATH%",
    "!x!",
    "a^b",
    "a&b",
    "a|b",
    "a<b",
    "a>b",
    "a=b",
    "a,b",
    '"',
    "(",
    "a\r\nb",
    "a\\b",
    "é",
  ])("is a fault with the word %j", (word) => {
    expect(() => cmdSet("V", [[word]])).toThrow("cannot hold");
  });

  it("is a fault with a name that is none", () => {
    expect(() => cmdSet("V=1&X", [["a"]])).toThrow("cannot hold");
  });
});
