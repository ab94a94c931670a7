import { concatBytes } from "../../src/bytes.ts";
import type { Bytes } from "../../src/pki/der/reader.ts";

/** How a length is written. All but `minimal` are what DER forbids, and the last three are lies (X.690 §8.1.3, §10.1). */
export type LengthForm = "minimal" | "padded" | "indefinite" | "reserved" | "huge" | "short" | "long";

/**
 * A value as nested elements that can be written in every wrong way: what structure-aware mutation changes. Strings that hold
 * DER (extension values, RSA keys, signed content) have children too, so that what is inside is changed as well.
 */
export interface DerNode {
  /** One octet, more where the tag is in the high form. */
  readonly identifier: readonly number[];
  readonly form: LengthForm;
  /** The whole content of a node without children; otherwise what stands before them, such as the octet of unused bits. */
  readonly octets: Bytes;
  readonly children: readonly DerNode[] | null;
}

const CONSTRUCTED = 0x20;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const MAX_DEPTH = 40;
const NONE = new Uint8Array();

/** The elements of well-formed DER, forgiving about everything else; what does not nest well stays octets. `null`: not even the outermost does. */
export const parseNodes = (bytes: Bytes, depth = 0): readonly DerNode[] | null => {
  const nodes: DerNode[] = [];
  for (let at = 0; at < bytes.length;) {
    const element = headerAt(bytes, at);
    if (element === null || depth > MAX_DEPTH) return null;
    nodes.push(nodeOf(element.tag, bytes.subarray(element.start, element.end), depth));
    at = element.end;
  }
  return nodes;
};

export const encodeNodes = (nodes: readonly DerNode[]): Bytes => concatBytes(...nodes.map(encodeNode));

/** With the members of every SET OF in DER order (X.690 §11.6), those of CSR attributes and signed attributes among them. */
export const inDerOrder = (nodes: readonly DerNode[]): readonly DerNode[] =>
  nodes.map((node) => {
    if (node.children === null) return node;
    const children = inDerOrder(node.children);
    return { ...node, children: isSetOf(node) ? children.toSorted(byEncoding) : children };
  });

const isSetOf = ({ identifier: [tag] }: DerNode): boolean => tag === 0x31 || tag === 0xa0;

const byEncoding = (a: DerNode, b: DerNode): number => Buffer.compare(encodeNode(a), encodeNode(b));

/** A plain element of these octets. */
export const leaf = (tag: number, octets: Bytes): DerNode => ({
  identifier: [tag],
  form: "minimal",
  octets,
  children: null,
});

export const branch = (tag: number, children: readonly DerNode[]): DerNode => ({
  ...leaf(tag, NONE),
  children,
});

/** What stands between the header and the end. */
export const contentOf = ({ octets, children }: DerNode): Bytes =>
  children === null ? octets : concatBytes(octets, encodeNodes(children));

/** How many nodes there are for which `fits` holds, in the order of {@link rewriteNode}. */
export const countNodes = (nodes: readonly DerNode[], fits: (node: DerNode) => boolean): number =>
  nodes.reduce((sum, node) => sum + Number(fits(node)) + countNodes(node.children ?? [], fits), 0);

/** Puts other nodes in the place of the one that is `at` among those for which `fits` holds; parents come before children. */
export const rewriteNode = (
  nodes: readonly DerNode[],
  at: number,
  fits: (node: DerNode) => boolean,
  change: (node: DerNode) => readonly DerNode[],
): readonly DerNode[] => {
  let left = at;
  const visit = (node: DerNode): readonly DerNode[] => {
    if (fits(node) && left-- === 0) return change(node);
    return left < 0 || node.children === null
      ? [node]
      : [{ ...node, children: node.children.flatMap(visit) }];
  };
  return nodes.flatMap(visit);
};

/** Changes the node at a path of child numbers. */
export const changeAt = (
  nodes: readonly DerNode[],
  [first, ...rest]: readonly number[],
  change: (node: DerNode) => DerNode,
): readonly DerNode[] =>
  nodes.map((node, i) => {
    if (i !== first) return node;
    return rest.length === 0
      ? change(node)
      : { ...node, children: changeAt(node.children ?? [], rest, change) };
  });

interface Header {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

const headerAt = (bytes: Bytes, at: number): Header | null => {
  const [tag = 0x1f, first = 0xff] = bytes.subarray(at, at + 2);
  const count = first < 0x80 ? 0 : first & 0x7f;
  if ((tag & 0x1f) === 0x1f || first === 0x80 || count > 3) return null;
  const octets = bytes.subarray(at + 2, at + 2 + count);
  const length = count === 0 ? first : octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const start = at + 2 + count;
  return start + length > bytes.length ? null : { tag, start, end: start + length };
};

const nodeOf = (tag: number, content: Bytes, depth: number): DerNode => {
  const before = tag === BIT_STRING ? 1 : 0;
  const mayNest = (tag & CONSTRUCTED) !== 0 || tag === OCTET_STRING || tag === BIT_STRING;
  const inner = content.subarray(before);
  const children = mayNest && inner.length > 0 ? parseNodes(inner, depth + 1) : null;
  const empty = (tag & CONSTRUCTED) !== 0 && content.length === 0;
  if (empty) return branch(tag, []);
  return children === null ? leaf(tag, content) : { ...leaf(tag, content.subarray(0, before)), children };
};

const encodeNode = (node: DerNode): Bytes => {
  const content = contentOf(node);
  const end = node.form === "indefinite" ? [0, 0] : [];
  const header = [...node.identifier, ...lengthOctets(node.form, content.length)];
  return concatBytes(Uint8Array.from(header), content, Uint8Array.from(end));
};

const lengthOctets = (form: LengthForm, length: number): readonly number[] => {
  switch (form) {
    case "minimal":
      return minimalLength(length);
    case "padded":
      return [0x84, length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255];
    case "indefinite":
      return [0x80];
    case "reserved":
      return [0xff];
    case "huge":
      return [0x84, 0xff, 0xff, 0xff, 0xff];
    case "short":
      return minimalLength(Math.max(length - 1, 0));
    case "long":
      return minimalLength(length + 1);
  }
};

const minimalLength = (length: number): readonly number[] => {
  if (length < 0x80) return [length];
  if (length < 0x100) return [0x81, length];
  return length < 0x1_0000
    ? [0x82, length >>> 8, length & 255]
    : [0x83, length >>> 16, (length >>> 8) & 255, length & 255];
};
