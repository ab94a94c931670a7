import { equalBytes } from "../../bytes.ts";
import { expectTag } from "./fields.ts";
import { OID } from "./oids.ts";
import { DerError, type Bytes, type DerElement } from "./reader.ts";
import { TAG } from "./tags.ts";

/** The simple values of X.509, read from elements that the reader has found well-formed. All throw {@link DerError}. */

/**
 * The dotted form. Arcs beyond 2^53 (UUID arcs) are refused: none is known here, and none may be truncated to one.
 * An identifier of `OID`, which nearly every one is, is recognised once it was met: to spell one out costs more (`npm run bench`, issue).
 */
export const oid = (element: DerElement): string => {
  const { content } = expectTag(element, TAG.oid);
  const sum = checksum(content);
  const met = MET.get(sum);
  if (met !== undefined && equalBytes(met.content, content)) return met.dotted;
  const dotted = dottedForm(content);
  if (KNOWN.has(dotted)) MET.set(sum, { dotted, content: content.slice() });
  return dotted;
};

const checksum = (octets: Bytes): number => {
  let sum = 0;
  for (const octet of octets) sum = (sum * 31 + octet) | 0;
  return sum;
};

const KNOWN: ReadonlySet<string> = new Set(Object.values(OID));

/** No larger than `OID`: other people's identifiers are not remembered. */
const MET = new Map<number, { readonly dotted: string; readonly content: Bytes }>();

const dottedForm = (content: Bytes): string => {
  const arcs: number[] = [];
  let arc = 0;
  for (const octet of content) {
    arc = arc * 128 + (octet & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER)
      throw new DerError("an OBJECT IDENTIFIER has an arc that is too large");
    if (octet < 0x80) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const [first = 0, ...rest] = arcs;
  const root = Math.min(Math.floor(first / 40), 2);
  return [root, first - 40 * root, ...rest].join(".");
};

export const boolean = (element: DerElement): boolean => expectTag(element, TAG.boolean).content[0] === 0xff;

/** An INTEGER from 0 to 2^31 - 1. */
export const smallInteger = (element: DerElement): number => {
  const magnitude = unsignedInteger(element);
  if (magnitude.length > 4) throw new DerError("an INTEGER is too large");
  let value = 0;
  for (const octet of magnitude) value = value * 256 + octet;
  return value;
};

/** The magnitude of an INTEGER that is not negative, big-endian, without the sign octet; zero is one octet. */
export const unsignedInteger = (element: DerElement): Bytes => {
  const { content } = expectTag(element, TAG.integer);
  if ((content[0] ?? 0) >= 0x80) throw new DerError("an INTEGER is negative");
  return content.length > 1 && content[0] === 0 ? content.subarray(1) : content;
};

/** The octets of a BIT STRING that has whole octets. */
export const bitStringOctets = (element: DerElement, tag: number = TAG.bitString): Bytes => {
  const { content } = expectTag(element, tag);
  if (content[0] !== 0) throw new DerError("a BIT STRING does not hold whole octets");
  return content.subarray(1);
};

/** The numbers of the bits that are set in a named bit list, which has no trailing zero bit (X.690 §11.2.2). */
export const namedBits = (element: DerElement): readonly number[] => {
  const { content } = expectTag(element, TAG.bitString);
  const bits: number[] = [];
  for (let i = 0; i < (content.length - 1) * 8; i++) {
    if (((content[1 + (i >> 3)] ?? 0) & (0x80 >> (i & 7))) !== 0) bits.push(i);
  }
  const used = (content.length - 1) * 8 - (content[0] ?? 0);
  if (used !== (bits.at(-1) ?? -1) + 1) throw new DerError("a named bit list has trailing zero bits");
  return bits;
};
