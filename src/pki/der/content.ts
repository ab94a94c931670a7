import { TAG } from "./tags.ts";

/**
 * What is wrong with the content of a primitive element (X.690 §8 and §11), or `null`. The content is `bytes` from `start` to `end`,
 * which needs no view of its own for each element (`npm run bench`, issue).
 */
export const contentDefect = (tag: number, bytes: Uint8Array, start: number, end: number): string | null => {
  switch (tag) {
    case TAG.boolean:
      return isBoolean(bytes, start, end) ? null : "a BOOLEAN is not one octet of 00 or FF";
    case TAG.integer:
      return isMinimalInteger(bytes, start, end) ? null : "an INTEGER is empty or not in its shortest form";
    case TAG.enumerated:
      return isMinimalInteger(bytes, start, end)
        ? null
        : "an ENUMERATED is empty or not in its shortest form";
    case TAG.bitString:
      return isBitString(bytes, start, end) ? null : "a BIT STRING has wrong unused bits";
    case TAG.null:
      return start === end ? null : "a NULL has content";
    case TAG.oid:
      return isOid(bytes, start, end) ? null : "an OBJECT IDENTIFIER is malformed";
    case TAG.bmpString:
      return (end - start) % 2 === 0 ? null : "a BMPString has half a character";
    case TAG.universalString:
      return (end - start) % 4 === 0 ? null : "a UniversalString has half a character";
    case TAG.utcTime:
      return isTime(bytes, start, end, 12) ? null : NOT_A_TIME;
    case TAG.generalizedTime:
      return isTime(bytes, start, end, 14) ? null : NOT_A_TIME;
    default:
      return null;
  }
};

const NOT_A_TIME = "a time is not in the form of RFC 5280";

/** The octet of the content at a place that the caller knows to be inside of it. */
const octetAt = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0;

/** X.690 §11.1. */
const isBoolean = (bytes: Uint8Array, start: number, end: number): boolean =>
  end - start === 1 && (bytes[start] === 0x00 || bytes[start] === 0xff);

/** X.690 §8.3.2, for ENUMERATED by §8.4: the first nine bits are neither all zero nor all one. */
const isMinimalInteger = (bytes: Uint8Array, start: number, end: number): boolean => {
  if (end - start < 2) return end - start === 1;
  const first = octetAt(bytes, start);
  const second = octetAt(bytes, start + 1);
  return !(first === 0x00 && second < 0x80) && !(first === 0xff && second >= 0x80);
};

/** X.690 §8.6.2 and §11.2.1: at most seven unused bits, and they are zero. */
const isBitString = (bytes: Uint8Array, start: number, end: number): boolean => {
  if (start === end) return false;
  const unused = octetAt(bytes, start);
  if (end - start === 1) return unused === 0;
  return unused <= 7 && (octetAt(bytes, end - 1) & ((1 << unused) - 1)) === 0;
};

/** X.690 §8.19.2: every subidentifier ends, and none starts with a padding octet. */
const isOid = (bytes: Uint8Array, start: number, end: number): boolean => {
  let starts = true;
  for (let at = start; at < end; at++) {
    const octet = octetAt(bytes, at);
    if (starts && octet === 0x80) return false;
    starts = octet < 0x80;
  }
  return start < end && starts;
};

/** X.690 §11.7 and §11.8, without the fractions that RFC 5280 §4.1.2.5.2 forbids. Whether there is such a day, `time` says. */
const isTime = (bytes: Uint8Array, start: number, end: number, digits: number): boolean => {
  if (end - start !== digits + 1 || bytes[end - 1] !== 0x5a) return false;
  for (let at = start; at < end - 1; at++) if (!isDigit(octetAt(bytes, at))) return false;
  return true;
};

const isDigit = (octet: number): boolean => octet >= 0x30 && octet <= 0x39;
