import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8 } from "../../src/bytes.ts";
import { parseJson } from "../../src/http/json.ts";

const codeOf = (text: string | Uint8Array): string => {
  const parsed = parseJson(typeof text === "string" ? utf8(text) : text);
  return parsed.ok ? "ok" : parsed.error.code;
};

describe("strict JSON", () => {
  it("reads what JSON.parse reads, whatever the document", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!text.includes("__proto__"));
        expect(parseJson(utf8(text))).toEqual({ ok: true, value: JSON.parse(text) as unknown });
      }),
    );
  });
  it.each([
    ["a member twice", '{"node":"a","node":"b"}'],
    ["a member twice by escape", '{"node":"a","n\\u006fde":"b"}'],
    ["a member twice, deep inside", '{"a":[{"b":{"c":1,"c":2}}]}'],
    ["the same member after a nested object", '{"a":{"b":1},"a":2}'],
    ["bytes after the document", '{"a":1} x'],
    ["a second document", "{}{}"],
    ["the prototype's name as a member", '{"a":[{"__proto__":{"dryRun":true}}]}'],
    ["NaN", '{"a":NaN}'],
    ["nothing", ""],
    ["a byte order mark", "\ufeff{}"],
  ])("refuses %s", (_, text) => {
    expect(codeOf(text)).toBe("malformed-request");
  });
  it("refuses bytes that are not UTF-8", () => {
    expect(codeOf(new Uint8Array([0x22, 0xc0, 0xaf, 0x22]))).toBe("malformed-request");
  });
  it("takes one name in two objects, and braces inside strings", () => {
    expect(codeOf('{"a":{"b":1},"c":{"b":2},"d":"{\\"a\\":1,\\"a\\":2}"}')).toBe("ok");
  });
});
