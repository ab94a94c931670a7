import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  concatBytes,
  equalBytes,
  fromBase64,
  fromHex,
  toBase64,
  toBase64Url,
  toHex,
  utf8,
} from "../src/bytes.ts";

describe("text forms of bytes", () => {
  it("read back what they wrote", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
        expect(fromBase64(toBase64(bytes))).toEqual(bytes);
        expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString("base64url"));
      }),
    );
  });
  it.each(["a", "zz", "AB", "0x00"])("refuse %s as hexadecimal", (text) => expect(fromHex(text)).toBeNull());
  it.each(["A", "AA", "AA=", "AAA", "AB==", "AA==\n", "A-_A", "A===", "===="])(
    "refuse %j as base64",
    (text) => expect(fromBase64(text)).toBeNull(),
  );
  it("compare and join", () => {
    expect(equalBytes(concatBytes(utf8("a"), utf8("b")), utf8("ab"))).toBe(true);
    expect(equalBytes(utf8("a"), utf8("ab"))).toBe(false);
  });
});
