import { utf8 } from "../../bytes.ts";
import { compareOctets } from "./fields.ts";
import type { Bytes } from "./reader.ts";
import { contextConstructed, contextPrimitive, TAG } from "./tags.ts";
import { generalizedTimeDigits } from "./time.ts";

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
  let zeros = 0;
  while (magnitude[zeros] === 0) zeros++;
  if (zeros === magnitude.length) return element(TAG.integer, ZERO);
  const digits = zeros === 0 ? magnitude : magnitude.subarray(zeros);
  return (digits[0] ?? 0) < 0x80 ? element(TAG.integer, digits) : element(TAG.integer, ZERO, digits);
};

const ZERO = Uint8Array.of(0);

export const smallInteger = (value: number): Bytes =>
  integer(Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value));

/** An ENUMERATED from 0 to 127. */
export const enumerated = (value: number): Bytes => element(TAG.enumerated, Uint8Array.of(value));

/** A BIT STRING of whole octets. */
export const bitString = (octets: Uint8Array): Bytes => element(TAG.bitString, ZERO, octets);

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
  // Sliced: a view of so small an array moves it out of V8's heap, which costs six times as much (`npm run bench`, crl-10000).
  const digits = generalizedTimeDigits(epochSeconds);
  return epochSeconds < YEAR_2050
    ? element(TAG.utcTime, digits.slice(2))
    : element(TAG.generalizedTime, digits);
};

const YEAR_2050 = Date.UTC(2050) / 1000;

/** Any element, from its identifier octet and the parts of its content: one array, written once (`npm run bench`, issue). */
export const element = (tag: number, ...parts: readonly Uint8Array[]): Bytes => {
  let length = 0;
  for (const part of parts) length += part.length;
  const contentStart = 1 + lengthOctets(length);
  const written = new Uint8Array(contentStart + length);
  written[0] = tag;
  writeLength(written, contentStart, length);
  let at = contentStart;
  for (const part of parts) {
    written.set(part, at);
    at += part.length;
  }
  return written;
};

/** How many octets a length takes (X.690 §8.1.3, §10.1). */
const lengthOctets = (length: number): number => {
  if (length < 0x80) return 1;
  if (length < 0x100) return 2;
  if (length < 0x1_0000) return 3;
  return length < 0x100_0000 ? 4 : 5;
};

/** The length, and before it how many octets it takes where it takes more than one. */
const writeLength = (written: Bytes, contentStart: number, length: number): void => {
  written[1] = length < 0x80 ? length : 0x80 | (contentStart - 2);
  for (let at = contentStart - 1, rest = length; at > 1; at--, rest >>>= 8) written[at] = rest;
};
