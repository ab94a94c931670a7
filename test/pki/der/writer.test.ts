import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../../../src/bytes.ts";
import { OID } from "../../../src/pki/der/oids.ts";
import { decode, DerError } from "../../../src/pki/der/reader.ts";
import { setOf as readSetOf } from "../../../src/pki/der/fields.ts";
import { TAG } from "../../../src/pki/der/tags.ts";
import * as read from "../../../src/pki/der/values.ts";
import * as write from "../../../src/pki/der/writer.ts";

describe("encodings that the standards print", () => {
  test.each([
    ["SEQUENCE of INTEGER 1", write.sequence(write.smallInteger(1)), "3003020101"],
    ["INTEGER 0", write.integer(Uint8Array.of(0)), "020100"],
    ["INTEGER of leading zeros", write.integer(Uint8Array.of(0, 0, 1)), "020101"],
    ["INTEGER with the first bit set", write.integer(Uint8Array.of(0x80)), "02020080"],
    ["INTEGER 65537", write.smallInteger(65537), "0203010001"],
    ["digitalSignature", write.namedBits(0), "03020780"],
    ["digitalSignature and keyEncipherment", write.namedBits(0, 2), "030205a0"],
    ["commonName", write.oid(OID.commonName), "0603550403"],
    ["sha256WithRSAEncryption", write.oid(OID.sha256WithRsaEncryption), "06092a864886f70d01010b"],
    ["prime256v1 (RFC 5480 §2.1.1.1)", write.oid(OID.prime256v1), "06082a8648ce3d030107"],
    ["BOOLEAN TRUE", write.booleanTrue(), "0101ff"],
    ["NULL", write.nullValue(), "0500"],
    ["[0] EXPLICIT v3", write.explicit(0, write.smallInteger(2)), "a003020102"],
    ["[2] IMPLICIT", write.implicit(2, Uint8Array.of(0x61)), "820161"],
    ["a BIT STRING", write.bitString(Uint8Array.of(0xff)), "030200ff"],
    [
      "the last second of UTCTime",
      write.time(Date.UTC(2049, 11, 31, 23, 59, 59) / 1000),
      "170d3439313233313233353935395a",
    ],
    [
      "the first second of GeneralizedTime",
      write.time(Date.UTC(2050, 0, 1) / 1000),
      "180f32303530303130313030303030305a",
    ],
  ])("%s", (_, bytes, expected) => {
    expect(toHex(bytes)).toBe(expected);
  });

  test.each([127, 128, 255, 256, 65_535, 65_536, 16_777_215, 16_777_216])(
    "a content of %i octets has the shortest length",
    (length) => {
      expect(decode(write.octetString(new Uint8Array(length))).content.length).toBe(length);
    },
  );
});

describe("what is written reads back", () => {
  test("magnitudes", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 160n }), (number) => {
        const digits = number.toString(16);
        const octets = Uint8Array.from(
          digits.padStart(digits.length + (digits.length % 2), "0").match(/../g) ?? [],
          (pair) => Number.parseInt(pair, 16),
        );
        expect(BigInt(`0x${toHex(read.unsignedInteger(decode(write.integer(octets))))}`)).toBe(number);
      }),
    );
  });

  test.each([Number.NaN, Date.UTC(10_000, 0) / 1000, -1e12])("no time from %d", (seconds) => {
    expect(() => write.time(seconds)).toThrow("no form in DER");
  });

  test("small integers", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), (value) => {
        expect(read.smallInteger(decode(write.smallInteger(value)))).toBe(value);
      }),
    );
  });

  test("object identifiers", () => {
    const arcs = fc.tuple(fc.constantFrom(0, 1, 2), fc.nat(39), fc.array(fc.maxSafeNat(), { maxLength: 6 }));
    fc.assert(
      fc.property(arcs, ([root, second, rest]) => {
        const dotted = [root, second, ...rest].join(".");
        expect(read.oid(decode(write.oid(dotted)))).toBe(dotted);
      }),
    );
  });

  test("named bits", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(7), { minLength: 1 }), (bits) => {
        expect(read.namedBits(decode(write.namedBits(...bits)))).toEqual(bits.toSorted((a, b) => a - b));
      }),
    );
  });

  test("a SET OF in any order is written in DER order", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(100_000), { maxLength: 8 }), (values) => {
        const members = values.map(write.smallInteger);
        const sorted = readSetOf(decode(write.setOf(...members)), TAG.set);
        expect(new Set(sorted.map(read.smallInteger))).toEqual(new Set(values));
      }),
    );
  });
});

describe("values that are well-formed and still refused", () => {
  test("an arc beyond 2^53 is not truncated to a known one", () => {
    // 2^64 + 17 after 2.5.29: a reader with 64-bit arcs would see subjectAltName
    const bytes = Uint8Array.from([
      0x06, 12, 0x55, 0x1d, 0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x11,
    ]);
    expect(() => read.oid(decode(bytes))).toThrow(DerError);
  });

  test("an arc of 2^32 + 17 is another identifier than 17", () => {
    const dotted = `2.5.29.${String(2 ** 32 + 17)}`;
    expect(read.oid(decode(write.oid(dotted)))).toBe(dotted);
  });

  test.each([
    ["a negative INTEGER", () => read.unsignedInteger(decode(Uint8Array.of(2, 1, 0x80)))],
    ["an INTEGER of five octets", () => read.smallInteger(decode(Uint8Array.of(2, 5, 1, 0, 0, 0, 0)))],
    [
      "a BIT STRING with unused bits where octets are due",
      () => read.bitStringOctets(decode(Uint8Array.of(3, 2, 1, 0))),
    ],
    ["a named bit list with a trailing zero bit", () => read.namedBits(decode(Uint8Array.of(3, 2, 6, 0x80)))],
    [
      "a named bit list with a trailing zero octet",
      () => read.namedBits(decode(Uint8Array.of(3, 3, 0, 0x80, 0))),
    ],
    ["a SET OF that descends", () => readSetOf(decode(Uint8Array.of(0x31, 6, 2, 1, 2, 2, 1, 1)), TAG.set)],
    [
      "a SET OF with a member twice",
      () => readSetOf(decode(Uint8Array.of(0x31, 6, 2, 1, 1, 2, 1, 1)), TAG.set),
    ],
  ])("%s", (_, reading) => {
    expect(reading).toThrow(DerError);
  });
});
