import { TAG } from "./tags.ts";

/** What is wrong with the content of a primitive element (X.690 §8 and §11), or `null`. */
export const contentDefect = (tag: number, content: Uint8Array): string | null => {
  switch (tag) {
    case TAG.boolean:
      return isBoolean(content) ? null : "a BOOLEAN is not one octet of 00 or FF";
    case TAG.integer:
      return isMinimalInteger(content) ? null : "an INTEGER is empty or not in its shortest form";
    case TAG.enumerated:
      return isMinimalInteger(content) ? null : "an ENUMERATED is empty or not in its shortest form";
    case TAG.bitString:
      return isBitString(content) ? null : "a BIT STRING has wrong unused bits";
    case TAG.null:
      return content.length === 0 ? null : "a NULL has content";
    case TAG.oid:
      return isOid(content) ? null : "an OBJECT IDENTIFIER is malformed";
    case TAG.bmpString:
      return content.length % 2 === 0 ? null : "a BMPString has half a character";
    case TAG.universalString:
      return content.length % 4 === 0 ? null : "a UniversalString has half a character";
    case TAG.utcTime:
      return isTime(content, 12) ? null : NOT_A_TIME;
    case TAG.generalizedTime:
      return isTime(content, 14) ? null : NOT_A_TIME;
    default:
      return null;
  }
};

const NOT_A_TIME = "a time is not in the form of RFC 5280";

/** X.690 §11.1. */
const isBoolean = (content: Uint8Array): boolean =>
  content.length === 1 && (content[0] === 0x00 || content[0] === 0xff);

/** X.690 §8.3.2, for ENUMERATED by §8.4: the first nine bits are neither all zero nor all one. */
const isMinimalInteger = ([first, second]: Uint8Array): boolean => {
  if (first === undefined) return false;
  if (second === undefined) return true;
  return !(first === 0x00 && second < 0x80) && !(first === 0xff && second >= 0x80);
};

/** X.690 §8.6.2 and §11.2.1: at most seven unused bits, and they are zero. */
const isBitString = (content: Uint8Array): boolean => {
  const unused = content[0];
  if (unused === undefined || unused > 7) return false;
  const last = content.length === 1 ? 0 : (content.at(-1) ?? 0);
  return content.length === 1 ? unused === 0 : (last & ((1 << unused) - 1)) === 0;
};

/** X.690 §8.19.2: every subidentifier ends, and none starts with a padding octet. */
const isOid = (content: Uint8Array): boolean => {
  let starts = true;
  for (const octet of content) {
    if (starts && octet === 0x80) return false;
    starts = octet < 0x80;
  }
  return content.length > 0 && starts;
};

/** X.690 §11.7 and §11.8, without the fractions that RFC 5280 §4.1.2.5.2 forbids. Whether there is such a day, `time` says. */
const isTime = (content: Uint8Array, digits: number): boolean =>
  content.length === digits + 1 &&
  content[digits] === 0x5a &&
  content.subarray(0, digits).every((octet) => octet >= 0x30 && octet <= 0x39);
