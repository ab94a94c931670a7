import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  shellAppend,
  shellAssignment,
  shellCopy,
  shellExport,
  shellQuote,
} from "../../../src/render/text/shell.ts";
import { readShell } from "../../support/shell-reader.ts";
import { run } from "../../support/process.ts";

describe("a quoted word", () => {
  it.each([
    ["bare where nothing is special", "/etc/rabbitmq/tls", "/etc/rabbitmq/tls"],
    ["in quotes otherwise", "a b", "'a b'"],
    ["in quotes where it is empty", "", "''"],
    ["with its apostrophe outside the quotes", "it's", `'it'\\''s'`],
  ])("is %s", (_, text, word) => {
    expect(shellQuote(text)).toBe(word);
  });

  it("comes back from a shell as it was, whatever it is", async () => {
    const anything = fc
      .string({ unit: "binary", maxLength: 12 })
      .filter((text) => !text.includes("\0") && text.isWellFormed());
    const hostile = fc.constantFrom(
      "$(id>CANARY)",
      "`id>CANARY`",
      "${x:-$(id>CANARY)}",
      "'; id>CANARY; '",
      "\\",
      "\n",
      "*",
      "~root",
      "!!",
      "-n",
    );
    const words = fc.sample(
      fc.array(fc.oneof(anything, hostile), { maxLength: 3 }).map((parts) => parts.join("")),
      { numRuns: 300, seed: 3 },
    );
    const output = await run(["/bin/sh", "-c", `printf '%s\\0' ${words.map(shellQuote).join(" ")}`]);
    expect(output.split("\0").slice(0, -1)).toEqual(words);
  });

  it("cannot hold NUL", () => {
    expect(() => shellQuote("a\0b")).toThrow("NUL");
  });
});

describe("an assignment", () => {
  it("has one word bare and rows in quotes, a line each", () => {
    expect(shellAssignment("NODENAME", [["rabbit@r1"]])).toBe("NODENAME=rabbit@r1");
    expect(shellAssignment("ARGS", [["-a", "b"], ["-c"]])).toBe('ARGS="-a b \\\n  -c"');
    expect(shellExport("RELEASE_NODE", "app@g1")).toBe("export RELEASE_NODE=app@g1");
    expect(shellCopy("TOOLS", "SERVER")).toBe('TOOLS="$SERVER"');
    expect(shellAppend("OPTIONS", [["-a"], ["-b", "c"]])).toBe('OPTIONS="$OPTIONS -a \\\n  -b c"');
  });

  it("gives the words that went in to a program that splits", async () => {
    const words = fc.array(fc.stringMatching(/^[A-Za-z0-9_./:@+=,-]{1,12}$/), { minLength: 1, maxLength: 4 });
    const rows = fc.sample(fc.array(words, { minLength: 1, maxLength: 3 }), { numRuns: 60, seed: 5 });
    const names = rows.map((_, i) => `V${i}`);
    const read = await readShell(
      `${rows.map((row, i) => shellAssignment(`V${i}`, row)).join("\n")}\n`,
      names,
    );
    expect([...read]).toEqual(rows.map((row, i) => [`V${i}`, row.flat()]));
  });

  it("adds to what was there", async () => {
    const read = await readShell(`A="x y"\n${shellAppend("A", [["-a"], ["b"]])}\n${shellCopy("B", "A")}\n`, [
      "A",
      "B",
    ]);
    expect([...read.values()]).toEqual([
      ["x", "y", "-a", "b"],
      ["x", "y", "-a", "b"],
    ]);
  });

  it.each(["a b", "", "$(id)", "`id`", "a;b", "a\nb", "a\\", '"', "'", "*", "~", "#", "%", "é"])(
    "is a fault with the word %j",
    (word) => {
      expect(() => shellAssignment("V", [[word]])).toThrow("survive splitting");
      expect(() => shellAssignment("V", [["a"], [word]])).toThrow("survive splitting");
      expect(() => shellAppend("V", [[word]])).toThrow("survive splitting");
    },
  );

  it.each(["v", "1V", "V=1", "V;id", ""])("is a fault with the name %j", (name) => {
    expect(() => shellAssignment(name, [["a"]])).toThrow("literal of ours");
    expect(() => shellCopy("V", name)).toThrow("literal of ours");
  });
});
