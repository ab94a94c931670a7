import { concatBytes, utf8 } from "../../bytes.ts";
import { compareOctets } from "./fields.ts";
import type { Bytes } from "./reader.ts";
import { contextConstructed, contextPrimitive, TAG } from "./tags.ts";
import { generalizedTimeText } from "./time.ts";

/** DER (X.690 §10) from values that are right by construction. Each function answers one whole element. */

export const sequence = (...elements: readonly Uint8Array[]): Bytes => element(TAG.sequence, ...elements);

/** SET OF, sorted (X.690 §11.6). */
export const setOf = (...elements: readonly Uint8Array[]): Bytes =>
  element(TAG.set, ...elements.toSorted(compareOctets));

/** `[n]` EXPLICIT, or IMPLICIT over a SEQUENCE or SET whose members are given. */
export const explicit = (n: number, ...elements: readonly Uint8Array[]): Bytes =>
  element(contextConstructed(n), ...elements);

/** `[n]` IMPLICIT over a simple value whose content is given. */
export const implicit = (n: number, content: Uint8Array): Bytes => element(contextPrimitive(n), content);

/** A non-negative INTEGER from its big-endian magnitude. */
export const integer = (magnitude: Uint8Array): Bytes => {
  const first = magnitude.findIndex((octet) => octet !== 0);
  const digits = first === -1 ? Uint8Array.of(0) : magnitude.subarray(first);
  return (digits[0] ?? 0) < 0x80
    ? element(TAG.integer, digits)
    : element(TAG.integer, Uint8Array.of(0), digits);
};

export const smallInteger = (value: number): Bytes =>
  integer(Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value));

/** An ENUMERATED from 0 to 127. */
export const enumerated = (value: number): Bytes => element(TAG.enumerated, Uint8Array.of(value));

/** A BIT STRING of whole octets. */
export const bitString = (octets: Uint8Array): Bytes => element(TAG.bitString, Uint8Array.of(0), octets);

/** A named bit list of up to eight bits, without trailing zero bits (X.690 §11.2.2). */
export const namedBits = (...bits: readonly number[]): Bytes => {
  const octet = bits.reduce((value, bit) => value | (0x80 >> bit), 0);
  return element(TAG.bitString, Uint8Array.of(7 - Math.max(...bits), octet));
};

export const octetString = (content: Uint8Array): Bytes => element(TAG.octetString, content);

export const booleanTrue = (): Bytes => element(TAG.boolean, Uint8Array.of(0xff));

export const nullValue = (): Bytes => element(TAG.null);

export const utf8String = (text: string): Bytes => element(TAG.utf8String, utf8(text));

/** The identifiers that are written are few and constant, so each is encoded once. */
export const oid = (dotted: string): Bytes => {
  const known = encodedOids.get(dotted);
  if (known !== undefined) return known;
  const [root = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const encoded = element(TAG.oid, Uint8Array.from([root * 40 + second, ...rest].flatMap(subidentifier)));
  encodedOids.set(dotted, encoded);
  return encoded;
};

const encodedOids = new Map<string, Bytes>();

/** Base 128, all octets but the last with the high bit (X.690 §8.19.2). */
const subidentifier = (arc: number): readonly number[] => {
  const octets = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128))
    octets.unshift(0x80 | (rest % 128));
  return octets;
};

/** UTCTime up to 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5). */
export const time = (epochSeconds: number): Bytes => {
  const text = generalizedTimeText(epochSeconds);
  return text < "2050" ? element(TAG.utcTime, utf8(text.slice(2))) : element(TAG.generalizedTime, utf8(text));
};

/** Any element, from its identifier octet and the parts of its content. */
export const element = (tag: number, ...parts: readonly Uint8Array[]): Bytes => {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return concatBytes(header(tag, length), ...parts);
};

const header = (tag: number, length: number): Uint8Array => {
  if (length < 0x80) return Uint8Array.of(tag, length);
  if (length < 0x100) return Uint8Array.of(tag, 0x81, length);
  if (length < 0x1_0000) return Uint8Array.of(tag, 0x82, length >> 8, length);
  if (length < 0x100_0000) return Uint8Array.of(tag, 0x83, length >> 16, length >> 8, length);
  return Uint8Array.of(tag, 0x84, length >>> 24, length >> 16, length >> 8, length);
};
