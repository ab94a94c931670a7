import { err, type Result } from "../../result.ts";
import { contentDefect } from "./content.ts";
import { TAG } from "./tags.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

/** One element of a DER value. All bytes are views into the input, so `raw` is what was signed, never a copy of it. */
export interface DerElement {
  /** The identifier octet, as in `TAG`. */
  readonly tag: number;
  /** Identifier, length and content. */
  readonly raw: Bytes;
  readonly content: Bytes;
  /** Empty for primitive elements. */
  readonly children: readonly DerElement[];
}

/** Bad input. It stays inside `pki`: {@link withDer} turns it into a value. `defect` is a clause of our own words. */
export class DerError extends Error {
  override readonly name = "DerError";
  readonly defect: string;
  constructor(defect: string) {
    super(defect);
    this.defect = defect;
  }
}

/** Far above what an honest request or certificate needs (about 50 elements, 12 deep), far below what hurts. */
const MAX_DEPTH = 32;
const MAX_ELEMENTS = 2_000;
const NO_CHILDREN: readonly DerElement[] = [];

/** Runs a reader; what it throws as {@link DerError} becomes `onDefect`'s error. Anything else is a fault and passes. */
export const withDer = <T, E>(onDefect: (defect: string) => E, read: () => Result<T, E>): Result<T, E> => {
  try {
    return read();
  } catch (error) {
    if (error instanceof DerError) return err(onDefect(error.defect));
    throw error;
  }
};

/**
 * Reads exactly one DER value (X.690 §10 and §11): definite lengths in their shortest form, low-form tags, the universal types
 * of X.509 alone, primitive strings, well-formed content of all of them (`contentDefect`), and nothing after the end.
 *
 * The order of a SET OF is left to `setOf`, and text and the calendar to their readers. Throws {@link DerError}.
 */
export const decode = (bytes: Bytes): DerElement => {
  const root = readElement({ bytes, left: MAX_ELEMENTS }, 0, bytes.length, 1);
  if (root.end !== bytes.length) throw new DerError("bytes follow the end of the value");
  return root;
};

/** The bytes that are read, and how many elements may still come. */
interface Input {
  readonly bytes: Bytes;
  left: number;
}

/**
 * An element by its place in the input. Its views are made when somebody asks: most elements are only stepped through, and two
 * views of each cost more than to read it (`npm run bench`, issue).
 */
class Element implements DerElement {
  readonly tag: number;
  readonly children: readonly DerElement[];
  readonly end: number;
  readonly #bytes: Bytes;
  readonly #start: number;
  readonly #contentStart: number;

  constructor(tag: number, bytes: Bytes, place: Place, children: readonly DerElement[]) {
    this.tag = tag;
    this.children = children;
    this.end = place.end;
    this.#bytes = bytes;
    this.#start = place.start;
    this.#contentStart = place.contentStart;
  }

  get raw(): Bytes {
    return this.#bytes.subarray(this.#start, this.end);
  }

  get content(): Bytes {
    return this.#bytes.subarray(this.#contentStart, this.end);
  }
}

interface Place {
  readonly start: number;
  readonly contentStart: number;
  readonly end: number;
}

/** `limit` is where the parent ends. */
const readElement = (input: Input, start: number, limit: number, depth: number): Element => {
  if (depth > MAX_DEPTH) throw new DerError("it is nested too deeply");
  if (--input.left < 0) throw new DerError("it has too many elements");
  const { bytes } = input;
  const tag = octet(bytes, start, limit);
  const { length, contentStart } = readLength(bytes, start + 1, limit);
  const end = contentStart + length;
  if (end > limit) throw new DerError("it is cut off");
  const place = { start, contentStart, end };
  if (isConstructed(tag))
    return new Element(tag, bytes, place, readChildren(input, contentStart, end, depth + 1));
  const defect = contentDefect(tag, bytes, contentStart, end);
  if (defect !== null) throw new DerError(defect);
  return new Element(tag, bytes, place, NO_CHILDREN);
};

const readChildren = (input: Input, start: number, end: number, depth: number): readonly DerElement[] => {
  const children: DerElement[] = [];
  for (let at = start; at < end;) {
    const child = readElement(input, at, end, depth);
    children.push(child);
    at = child.end;
  }
  return children;
};

export const octet = (bytes: Bytes, at: number, limit: number = bytes.length): number => {
  const value = bytes[at];
  if (value === undefined || at >= limit) throw new DerError("it is cut off");
  return value;
};

/** X.690 §10.1: definite and minimal. Four octets hold any length that fits in memory. */
export const readLength = (
  bytes: Bytes,
  at: number,
  limit: number = bytes.length,
): { readonly length: number; readonly contentStart: number } => {
  const first = octet(bytes, at, limit);
  if (first < 0x80) return { length: first, contentStart: at + 1 };
  if (first === 0x80) throw new DerError("a length is indefinite, which is BER");
  const count = first & 0x7f;
  if (count > 4) throw new DerError("a length is too long");
  let length = 0;
  for (let i = 1; i <= count; i++) length = length * 256 + octet(bytes, at + i, limit);
  if (length < 0x80 || length < 256 ** (count - 1))
    throw new DerError("a length is not in its shortest form");
  return { length, contentStart: at + 1 + count };
};

/**
 * Bit n stands for the universal type n. Types that X.509 has no use for, such as REAL and EXTERNAL, have rules of their own, and
 * what is not checked must not pass: peers read every element of a request, those too that mean nothing here.
 */
const UNIVERSAL_TYPES = Object.values(TAG).reduce((bits, tag) => bits | (1 << (tag & 0x1f)), 0);

/** Universal SEQUENCE and SET are constructed and all other universal types primitive (X.690 §8.9, §8.11, §10.2). */
const isConstructed = (tag: number): boolean => {
  if ((tag & 0x1f) === 0x1f) throw new DerError("a tag is in the high form");
  const constructed = (tag & 0x20) !== 0;
  const number = tag & 0x1f;
  const universal = (tag & 0xc0) === 0;
  if (universal && constructed !== (number === 0x10 || number === 0x11))
    throw new DerError("a tag is not one that DER allows");
  if (universal && ((UNIVERSAL_TYPES >>> number) & 1) === 0)
    throw new DerError("a tag is not one of X.509's types");
  return constructed;
};
