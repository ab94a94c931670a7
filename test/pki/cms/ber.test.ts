import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes, fromHex } from "../../../src/bytes.ts";
import { normaliseBer } from "../../../src/pki/cms/ber.ts";
import { withDer, type Bytes } from "../../../src/pki/der/reader.ts";
import { element } from "../../../src/pki/der/writer.ts";
import { ok } from "../../../src/result.ts";

const hex = (text: string): Bytes =>
  fromHex(text.replaceAll(" ", "")) ?? expect.unreachable("bad hex in a test");

const outcomeOf = (bytes: Bytes): Bytes | string => {
  const read = withDer(
    (defect) => defect,
    () => ok(normaliseBer(bytes)),
  );
  return read.ok ? read.value : read.error;
};

/** A value, written in two ways. */
interface Twice {
  readonly ber: Bytes;
  readonly der: Bytes;
}

const END = Uint8Array.of(0, 0);
const streamed = (tag: number, ...parts: readonly Uint8Array[]): Bytes =>
  concatBytes(Uint8Array.of(tag, 0x80), ...parts, END);

const octets = fc
  .tuple(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 }), fc.boolean(), fc.boolean())
  .map(([segments, whole, definite]): Twice => {
    const der = element(0x04, ...segments);
    if (whole) return { ber: der, der };
    const parts = segments.map((segment) => element(0x04, segment));
    return { ber: definite ? element(0x24, ...parts) : streamed(0x24, ...parts), der };
  });

const { value } = fc.letrec<{ value: Twice; constructed: Twice }>((tie) => ({
  value: fc.oneof({ maxDepth: 6 }, octets, tie("constructed")),
  constructed: fc
    .tuple(fc.constantFrom(0x30, 0x31, 0xa1, 0xa2), fc.array(tie("value"), { maxLength: 4 }), fc.boolean())
    .map(([tag, children, definite]): Twice => ({
      ber: (definite ? element : streamed)(tag, ...children.map(({ ber }) => ber)),
      der: element(tag, ...children.map(({ der }) => der)),
    })),
}));

const nest = (levels: number): Bytes => {
  let inner: Bytes = hex("05 00");
  for (let i = 1; i < levels; i++) inner = streamed(0x30, inner);
  return inner;
};

describe("the BER of a streamed message", () => {
  test("becomes the DER of the same value, whichever lengths and segments it has", () => {
    fc.assert(
      fc.property(value, ({ ber, der }) => {
        expect(outcomeOf(ber)).toEqual(der);
      }),
    );
  });
  test("is not changed where it is DER already", () => {
    fc.assert(
      fc.property(value, ({ der }) => {
        expect(outcomeOf(der)).toEqual(der);
      }),
    );
  });
  test("may have segments of segments (X.690 §8.7.3.2)", () => {
    expect(outcomeOf(hex("24 80 24 80 04 01 61 00 00 04 01 62 00 00"))).toEqual(hex("04 02 61 62"));
  });
  test("may stream a [0] that is not in a SET, and anything but a [0] that is", () => {
    expect(outcomeOf(hex("30 80 a0 80 24 80 04 01 61 00 00 00 00 00 00"))).toEqual(
      hex("30 05 a0 03 04 01 61"),
    );
    expect(outcomeOf(hex("31 80 30 80 24 80 04 01 61 00 00 00 00 00 00"))).toEqual(
      hex("31 05 30 03 04 01 61"),
    );
  });
  test.each([
    ["an indefinite length", "31 80 30 80 a0 80 05 00 00 00 00 00 00 00"],
    ["an indefinite length in an attribute", "31 08 30 06 a0 04 30 80 00 00"],
    ["an OCTET STRING in segments", "31 09 30 07 a0 05 24 03 04 01 61"],
  ])("may not have signed attributes with %s (RFC 5652 §5.3)", (_, bytes) => {
    expect(outcomeOf(hex(bytes))).toBe("its signed attributes are not DER");
  });
  test("may be 16 deep and no deeper", () => {
    expect(outcomeOf(nest(16))).toBeInstanceOf(Uint8Array);
    expect(outcomeOf(nest(17))).toBe("it is nested too deeply");
  });
  test("may have 2,000 elements and no more", () => {
    const flat = (count: number): Bytes =>
      streamed(0x30, ...Array.from({ length: count - 1 }, () => hex("05 00")));
    expect(outcomeOf(flat(2_000))).toBeInstanceOf(Uint8Array);
    expect(outcomeOf(flat(2_001))).toBe("it has too many elements");
  });
  test("may have 32 KiB and no more", () => {
    const sized = (size: number): Bytes => element(0x04, new Uint8Array(size - 4));
    expect(outcomeOf(sized(32 * 1024))).toBeInstanceOf(Uint8Array);
    expect(outcomeOf(sized(32 * 1024 + 1))).toBe("it is larger than 32 KiB");
  });
});

describe("what is neither BER that anybody streams nor DER", () => {
  test.each([
    [
      "a primitive element of indefinite length",
      "04 80 01 00 00",
      "a primitive element has an indefinite length",
    ],
    ["no end-of-contents", "30 80 05 00", "it is cut off"],
    ["half an end-of-contents", "30 80 05 00 00", "it is cut off"],
    ["an end-of-contents with content", "30 80 00 01 00", "an end-of-contents has content"],
    [
      "an end-of-contents in a definite length",
      "30 02 00 00",
      "an end-of-contents stands where an element belongs",
    ],
    ["an end that belongs to the parent", "30 04 30 80 05 00 00 00", "it is cut off"],
    ["a child that is longer than its parent", "30 03 04 02 61 62", "it is cut off"],
    [
      "a child of a stream that is longer than what holds the stream",
      "30 04 30 80 04 05 61 62 63 64 65 00 00",
      "it is cut off",
    ],
    ["a length that is not in its shortest form", "30 81 02 05 00", "a length is not in its shortest form"],
    [
      "a segment that is no OCTET STRING",
      "24 80 0c 01 61 00 00",
      "a segment of an OCTET STRING is no OCTET STRING",
    ],
    ["bytes after the end", "30 80 00 00 00", "bytes follow the end of the value"],
    ["nothing", "", "it is cut off"],
  ])("%s", (_, bytes, defect) => {
    expect(outcomeOf(hex(bytes))).toBe(defect);
  });
});
