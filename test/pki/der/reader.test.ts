import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex } from "../../../src/bytes.ts";
import { decode, DerError, withDer, type Bytes, type DerElement } from "../../../src/pki/der/reader.ts";
import { element } from "../../../src/pki/der/writer.ts";
import { err, ok } from "../../../src/result.ts";

const hex = (text: string): Bytes =>
  fromHex(text.replaceAll(" ", "")) ?? expect.unreachable("bad hex in a test");

const defectOf = (bytes: Bytes): string | null => {
  const read = withDer(
    (defect) => defect,
    () => ok(decode(bytes)),
  );
  return read.ok ? null : read.error;
};

const nest = (levels: number): Bytes => {
  let value = element(0x30);
  for (let i = 1; i < levels; i++) value = element(0x30, value);
  return value;
};

const fault = (): never => {
  throw new TypeError("a fault of ours");
};

describe("what DER allows", () => {
  test.each([
    ["an empty SEQUENCE", "30 00"],
    ["a long length where it is needed", `04 81 80 ${"00".repeat(128)}`],
    ["a length of two octets where it is needed", `04 82 01 00 ${"00".repeat(256)}`],
    ["INTEGER 127", "02 01 7f"],
    ["INTEGER 128 with its sign octet", "02 02 00 80"],
    ["INTEGER -128", "02 01 80"],
    ["INTEGER -129", "02 02 ff 7f"],
    ["BOOLEAN TRUE", "01 01 ff"],
    ["an empty BIT STRING", "03 01 00"],
    ["a BIT STRING with zero unused bits", "03 02 07 80"],
    ["NULL", "05 00"],
    ["OBJECT IDENTIFIER 2.999.3 (X.690 §8.19.5)", "06 03 88 37 03"],
    ["ENUMERATED 1", "0a 01 01"],
    ["a NumericString", "12 01 31"],
    ["a BMPString", "1e 02 00 6e"],
    ["a UTCTime", "17 0d 32 36 31 31 32 32 31 32 30 30 30 30 5a"],
    ["a GeneralizedTime", "18 0f 32 30 35 30 30 31 30 31 30 30 30 30 30 30 5a"],
    ["a context tag over a simple value", "82 01 61"],
    ["a context tag over elements", "a0 03 02 01 00"],
  ])("%s reads", (_, bytes) => {
    expect(defectOf(hex(bytes))).toBeNull();
  });
});

describe("what is not DER", () => {
  test.each([
    ["nothing at all", ""],
    ["a tag alone", "30"],
    ["a length that promises more", "30 02 05"],
    ["a length that is cut off itself", "30 82 01"],
    ["bytes after the value", "30 00 00"],
    ["a second value", "05 00 05 00"],
    ["an indefinite length", "30 80 05 00 00 00"],
    ["a reserved length", "30 ff"],
    ["a length in five octets", "30 85 00 00 00 00 00"],
    ["a length of one octet in two", "04 81 01 61"],
    ["a length with a leading zero", `04 82 00 80 ${"00".repeat(128)}`],
    ["an inner value longer than the outer", "30 03 04 02 61"],
    ["a tag in the high form", "3f 10 00"],
    ["the tag 0, end of contents", "00 00"],
    ["a primitive SEQUENCE", "10 00"],
    ["a primitive SET", "11 00"],
    ["a constructed OCTET STRING", "24 03 04 01 61"],
    ["a constructed BIT STRING", "23 04 03 02 00 61"],
    ["a constructed UTF8String", "2c 03 0c 01 61"],
    ["BOOLEAN of two octets", "01 02 ff ff"],
    ["BOOLEAN of no octet", "01 00"],
    ["BOOLEAN 01", "01 01 01"],
    ["an empty INTEGER", "02 00"],
    ["INTEGER 1 with a needless zero", "02 02 00 01"],
    ["INTEGER -1 in two octets", "02 02 ff ff"],
    ["a BIT STRING without its first octet", "03 00"],
    ["eight unused bits", "03 02 08 00"],
    ["unused bits of an empty BIT STRING", "03 01 01"],
    ["unused bits that are not zero", "03 02 04 ff"],
    ["NULL with content", "05 01 00"],
    ["an empty OBJECT IDENTIFIER", "06 00"],
    ["an OBJECT IDENTIFIER with a padded arc", "06 03 55 80 03"],
    ["an OBJECT IDENTIFIER whose last arc does not end", "06 02 55 84"],
    ["BER inside DER", "30 05 02 03 00 00 01"],
    ["an empty ENUMERATED", "0a 00"],
    ["ENUMERATED 1 with a needless zero", "0a 02 00 01"],
    ["a BMPString with half a character", "1e 01 6e"],
    ["a UniversalString with half a character", "1c 03 00 00 6e"],
    ["a UTCTime without seconds", "17 0b 32 36 31 31 32 32 31 32 30 30 5a"],
    ["a UTCTime that is text", "17 06 73 65 63 72 65 74"],
    ["a GeneralizedTime in local time", "18 0e 32 30 35 30 30 31 30 31 30 30 30 30 30 30"],
    ["a GeneralizedTime that is text", "18 06 73 65 63 72 65 74"],
    ["a primitive EXTERNAL", "08 06 73 65 63 72 65 74"],
    ["a REAL", "09 00"],
    ["a RELATIVE-OID", "0d 01 01"],
  ])("%s is refused", (_, bytes) => {
    expect(defectOf(hex(bytes))).toEqual(expect.any(String));
  });

  test("nesting is refused from 33 levels on", () => {
    expect(defectOf(nest(32))).toBeNull();
    expect(defectOf(nest(33))).toBe("it is nested too deeply");
    expect(defectOf(nest(20_000))).toBe("it is nested too deeply");
  });

  test("a flood of elements is refused", () => {
    expect(
      defectOf(
        element(
          0x30,
          new Uint8Array(2 * 10_000).fill(5).map((octet, i) => (i % 2 === 0 ? octet : 0)),
        ),
      ),
    ).toBe("it has too many elements");
  });
});

describe("elements", () => {
  test("are views into the input, so that raw bytes are the signed bytes", () => {
    const bytes = hex("30 06 02 01 05 04 01 61");
    const root = decode(bytes);
    expect(root.children.map((child) => child.raw)).toEqual([hex("02 01 05"), hex("04 01 61")]);
    expect(root.children.every((child) => child.raw.buffer === bytes.buffer)).toBe(true);
  });

  test("of any DER tree read back as they were written", () => {
    fc.assert(
      fc.property(tree, (value) => {
        const bytes = write(value);
        expect(shape(decode(bytes))).toEqual(value);
        expect(write(shape(decode(bytes)))).toEqual(bytes);
      }),
    );
  });

  test("of any bytes are either refused or account for every byte", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const input = Uint8Array.from(bytes);
        if (defectOf(input) === null) expect(write(shape(decode(input)))).toEqual(input);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("withDer", () => {
  test("turns a defect into a value", () => {
    const read = withDer(
      (defect) => ({ defect }),
      () => ok(decode(hex("30"))),
    );
    expect(read).toEqual(err({ defect: "it is cut off" }));
  });

  test("lets every other error pass", () => {
    expect(() => withDer((defect) => defect, fault)).toThrow(TypeError);
    expect(() => decode(hex("30"))).toThrow(DerError);
  });
});

type Tree =
  | { readonly tag: number; readonly content: readonly number[] }
  | { readonly tag: number; readonly children: readonly Tree[] };

const { tree } = fc.letrec<{ tree: Tree; leaf: Tree; branch: Tree }>((tie) => ({
  tree: fc.oneof({ depthSize: "small", withCrossShrink: true }, tie("leaf"), tie("branch")),
  leaf: fc.record({
    tag: fc.constantFrom(0x04, 0x0c, 0x13, 0x80, 0x82, 0x87),
    content: fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 300 }),
  }),
  branch: fc.record({
    tag: fc.constantFrom(0x30, 0x31, 0xa0, 0xa3),
    children: fc.array(tie("tree"), { maxLength: 4 }),
  }),
}));

const write = (value: Tree): Bytes =>
  "children" in value
    ? element(value.tag, ...value.children.map(write))
    : element(value.tag, Uint8Array.from(value.content));

const shape = ({ tag, content, children }: DerElement): Tree =>
  (tag & 0x20) === 0 ? { tag, content: [...content] } : { tag, children: children.map(shape) };
