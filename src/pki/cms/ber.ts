import { concatBytes } from "../../bytes.ts";
import { DerError, octet, readLength, type Bytes } from "../der/reader.ts";
import { contextConstructed, TAG } from "../der/tags.ts";
import { element } from "../der/writer.ts";

/** A signed message is one of a certification request, or of an instance identity document: neither comes near. */
export const MAX_BER_BYTES = 32 * 1024;
/** A certificate inside of a SignedData is twelve deep. */
const MAX_DEPTH = 16;
const MAX_ELEMENTS = 2_000;

const INDEFINITE = 0x80;
const CONSTRUCTED_OCTET_STRING = 0x24;
const CONSTRUCTED = 0x20;

/**
 * Rewrites the BER that writers of signed messages stream (`openssl cms -stream`, the instance identity documents of AWS) as DER:
 * an indefinite length becomes a definite one, a constructed OCTET STRING becomes the string of its segments
 * (X.690 §8.1.3.6, §8.7.3). Everything else stays as it is, so what DER forbids elsewhere is still refused by whoever decodes
 * the answer; DER comes back unchanged. The order of a SET is not touched. Signed attributes, a `[0]` inside of a SET, are not
 * rewritten: they are DER in a BER message too (RFC 5652 §5.3), and who reads them as they came would see another signed value.
 *
 * Throws {@link DerError}.
 */
export const normaliseBer = (bytes: Bytes): Bytes => {
  if (bytes.length > MAX_BER_BYTES) throw new DerError("it is larger than 32 KiB");
  const root = rewrite(
    { bytes, end: bytes.length, depth: 1, budget: { left: MAX_ELEMENTS }, place: "outside" },
    0,
  );
  if (root.end !== bytes.length) throw new DerError("bytes follow the end of the value");
  return root.der;
};

/** What bounds an element: where its parent ends, how deep it is, and how many elements may still come. */
interface Bounds {
  readonly bytes: Bytes;
  readonly end: number;
  readonly depth: number;
  readonly budget: { left: number };
  readonly place: "outside" | "set" | "attributes";
}

interface Rewritten {
  readonly tag: number;
  readonly content: Bytes;
  readonly der: Bytes;
  /** Where it ended in the input. */
  readonly end: number;
  /** It was DER already, so `content` and `der` are views of the input: most messages need no copy at any level (`npm run bench`). */
  readonly kept: boolean;
}

const rewrite = (within: Bounds, start: number): Rewritten => {
  const { bytes, depth, budget } = within;
  if (depth > MAX_DEPTH) throw new DerError("it is nested too deeply");
  if (--budget.left < 0) throw new DerError("it has too many elements");
  const tag = octet(bytes, start);
  if (tag === 0) throw new DerError("an end-of-contents stands where an element belongs");
  const constructed = (tag & CONSTRUCTED) !== 0;
  const indefinite = octet(bytes, start + 1) === INDEFINITE;
  const bounds = { ...within, place: placeBelow(tag, within.place) };
  if (bounds.place === "attributes" && (indefinite || tag === CONSTRUCTED_OCTET_STRING))
    throw new DerError("its signed attributes are not DER");
  if (indefinite) {
    if (!constructed) throw new DerError("a primitive element has an indefinite length");
    return assemble(tag, rewriteUntilEnd(bounds, start + 2));
  }
  const { length, contentStart } = readLength(bytes, start + 1);
  const end = contentStart + length;
  if (end > bounds.end) throw new DerError("it is cut off");
  const inner = constructed ? rewriteUpTo(bounds, contentStart, end) : NO_CHILDREN;
  if (tag === CONSTRUCTED_OCTET_STRING || !inner.children.every(({ kept }) => kept))
    return assemble(tag, inner);
  return {
    tag,
    content: bytes.subarray(contentStart, end),
    der: bytes.subarray(start, end),
    end,
    kept: true,
  };
};

const placeBelow = (tag: number, place: Bounds["place"]): Bounds["place"] => {
  if (place === "outside") return tag === TAG.set ? "set" : "outside";
  return tag === contextConstructed(0) ? "attributes" : place;
};

interface Children {
  readonly children: readonly Rewritten[];
  readonly end: number;
}

const NO_CHILDREN: Children = { children: [], end: 0 };

const rewriteUpTo = (bounds: Bounds, start: number, end: number): Children => {
  const children: Rewritten[] = [];
  for (let at = start; at < end; at = children.at(-1)?.end ?? end)
    children.push(rewrite({ ...bounds, end, depth: bounds.depth + 1 }, at));
  return { children, end };
};

/** Up to the end-of-contents octets, `00 00` (X.690 §8.1.5). */
const rewriteUntilEnd = (bounds: Bounds, start: number): Children => {
  const children: Rewritten[] = [];
  let at = start;
  while (octet(bounds.bytes, at) !== 0) {
    const child = rewrite({ ...bounds, depth: bounds.depth + 1 }, at);
    children.push(child);
    at = child.end;
  }
  if (octet(bounds.bytes, at + 1) !== 0) throw new DerError("an end-of-contents has content");
  if (at + 2 > bounds.end) throw new DerError("it is cut off");
  return { children, end: at + 2 };
};

const assemble = (tag: number, { children, end }: Children): Rewritten => {
  const segmented = tag === CONSTRUCTED_OCTET_STRING;
  if (segmented && children.some((segment) => segment.tag !== TAG.octetString))
    throw new DerError("a segment of an OCTET STRING is no OCTET STRING");
  const content = concatBytes(...children.map((child) => (segmented ? child.content : child.der)));
  const written = segmented ? TAG.octetString : tag;
  return { tag: written, content, der: element(written, content), end, kept: false };
};
