import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { erlFlag, flagWords } from "../../../src/render/text/erl-flag.ts";
import { printVmArgs, printWord } from "../../../src/render/text/vm-args.ts";
import { erlangReader, readVmArgs, withFiles } from "../../support/erlang-reader.ts";
import { run } from "../../support/process.ts";
import { requireOrSkip } from "../../support/requirements.ts";

describe("a flag", () => {
  it("has its name and its values as words", () => {
    expect(flagWords(erlFlag("kernel", ["a", "1"], ["b", "2"]))).toEqual(["-kernel", "a", "1", "b", "2"]);
  });

  it.each([
    ["a hyphen", "-evil"],
    ["a plus sign", "+P"],
    ["nothing", ""],
  ])("is a fault with a value that begins with %s", (_, value) => {
    expect(() => erlFlag("setcookie", [value])).toThrow("cannot have this value");
  });
});

describe("an arguments file", () => {
  it("has a flag a line, rows indented below their flag, and comments", () => {
    expect(printVmArgs(["Ports.", erlFlag("kernel", ["a", "1"], ["b", "2"]), erlFlag("heart")])).toBe(
      "## Ports.\n-kernel a 1\n        b 2\n-heart \n",
    );
  });

  it.each([
    ["a plain path bare", "/etc/tls/a=b,c@x+y:z-1", "/etc/tls/a=b,c@x+y:z-1"],
    ["a blank in quotes", "/a b", "'/a b'"],
    ["a comment sign in quotes", "#x", "'#x'"],
    ["a backslash in quotes", "a\\b", "'a\\b'"],
    ["an apostrophe in double quotes", "o'neil", `"o'neil"`],
    ["a double quote in single ones", 'a"b', `'a"b'`],
  ])("writes %s", (_, word, text) => {
    expect(printWord(word)).toBe(text);
  });

  it.each([
    ["both kinds of quotes", `'"`],
    ["a line feed", "a\nb"],
    ["a carriage return", "a\r"],
    ["a tab", "a\tb"],
    ["nothing", ""],
    ["a lone surrogate", "\udfff"],
  ])("cannot hold a word with %s", (_, word) => {
    expect(() => printWord(word)).toThrow();
  });

  it("cannot hold a comment of two lines", () => {
    expect(() => printVmArgs(["x\n-eval halt()"])).toThrow("one line");
  });
});

requireOrSkip("Erlang", erlangReader)("Erlang", () => {
  const safe = fc.stringMatching(/^[A-Za-z0-9_./:@=,][A-Za-z0-9_./:@+=,-]{0,20}$/);
  const printable = fc
    .string({ minLength: 1, maxLength: 12 })
    .filter(
      (word) =>
        !/^[-+]/.test(word) && !(word.includes("'") && word.includes('"')) && !/[^\x20-\x7e]/.test(word),
    );
  const row = fc.array(fc.oneof(safe, printable), { minLength: 1, maxLength: 4 });
  const flag = fc.tuple(fc.stringMatching(/^[a-z_]{1,12}$/), fc.array(row, { minLength: 1, maxLength: 3 }));

  it("makes of the file the words that went in", async () => {
    const flags = fc
      .sample(flag, { numRuns: 200, seed: 7 })
      .map(([name, rows]) => erlFlag(`x_${name}`, ...rows));
    const words = await readVmArgs(
      printVmArgs(flags.flatMap((value, i) => [`comment ${i} -eval halt()`, value])),
    );
    expect(words).toEqual(flags.flatMap(flagWords));
  });

  it("gives a started node the same arguments", async () => {
    const flags = [
      erlFlag("x_path", ["/a b", "c\\d"], ["it's"]),
      erlFlag("x_block", ["server_certfile", "/x"], ["client_certfile", "/x"]),
    ];
    const print =
      'io:format("~0p", [[A || {K, _} = A <- init:get_arguments(), lists:prefix("x_", atom_to_list(K))]]), halt().';
    const output = await withFiles([printVmArgs(flags)], ([path = ""]) =>
      run(["erl", "-args_file", path, "-noinput", "-eval", print]),
    );
    expect(output).toBe(
      String.raw`[{x_path,["/a b","c\\d","it's"]},{x_block,["server_certfile","/x","client_certfile","/x"]}]`,
    );
  });
});
