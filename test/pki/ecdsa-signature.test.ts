import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex } from "../../src/bytes.ts";
import type { Bytes } from "../../src/pki/der/reader.ts";
import { ecdsaFromDer, ecdsaToDer } from "../../src/pki/ecdsa-signature.ts";

const hex = (text: string): Bytes => fromHex(text.replaceAll(" ", "")) ?? new Uint8Array();

test.each([32, 48, 66])("r and s of %i octets keep their value through DER", (size) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 2 * size, maxLength: 2 * size }), (octets) => {
      const raw = Uint8Array.from(octets);
      expect(ecdsaFromDer(ecdsaToDer(raw), size)).toEqual(raw);
    }),
  );
});

test("short numbers are padded on the left", () => {
  expect(ecdsaFromDer(hex("3006 0201 01 0201 02"), 2)).toEqual(Uint8Array.of(0, 1, 0, 2));
});

describe("encodings of a good signature that are not DER", () => {
  test.each([
    ["a third INTEGER", "3009 020101 020102 020103"],
    ["one INTEGER", "3003 020101"],
    ["bytes after the SEQUENCE", "3006 020101 020102 00"],
    ["a length in BER form", "308106 020101 020102"],
    ["a needless zero octet", "3007 02020001 020102"],
    ["a negative r", "3006 0201ff 020102"],
    ["a negative s", "3006 020101 020180"],
    ["r longer than the order", "3008 0203010000 020102"],
    ["an OCTET STRING for s", "3006 020101 040102"],
    ["raw r and s", "0001 0002"],
    ["nothing", ""],
  ])("%s is refused", (_, bytes) => {
    expect(ecdsaFromDer(hex(bytes), 2)).toBeNull();
  });
});
