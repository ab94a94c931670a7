import { TAG } from "./tags.ts";

/** What is wrong with the content of a primitive element (X.690 §8 and §11), or `null`. */
export const contentDefect = (tag: number, content: Uint8Array): string | null => {
  switch (tag) {
    case TAG.boolean:
      return isBoolean(content) ? null : "a BOOLEAN is not one octet of 00 or FF";
    case TAG.integer:
      return isMinimalInteger(content) ? null : "an INTEGER is empty or not in its shortest form";
    case TAG.bitString:
      return isBitString(content) ? null : "a BIT STRING has wrong unused bits";
    case TAG.null:
      return content.length === 0 ? null : "a NULL has content";
    case TAG.oid:
      return isOid(content) ? null : "an OBJECT IDENTIFIER is malformed";
    default:
      return null;
  }
};

/** X.690 §11.1. */
const isBoolean = (content: Uint8Array): boolean =>
  content.length === 1 && (content[0] === 0x00 || content[0] === 0xff);

/** X.690 §8.3.2: the first nine bits are neither all zero nor all one. */
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
