import { concatBytes, utf8 } from "../../src/bytes.ts";
import { OID } from "../../src/pki/der/oids.ts";
import type { Bytes } from "../../src/pki/der/reader.ts";
import { TAG } from "../../src/pki/der/tags.ts";
import { oid } from "../../src/pki/der/writer.ts";
import {
  branch,
  contentOf,
  countNodes,
  encodeNodes,
  leaf,
  rewriteNode,
  type DerNode,
  type LengthForm,
} from "./der-tree.ts";
import type { Change } from "./change.ts";

/** What an operator draws from, beside the node that it changes. */
interface Draw {
  readonly pick: number;
  readonly octet: number;
  /** A node of this value or of another one. */
  readonly donor: DerNode;
}

interface Operator {
  readonly fits: (node: DerNode) => boolean;
  readonly change: (node: DerNode, draw: Draw) => readonly DerNode[];
}

const any = (): boolean => true;
const isPrimitive = ({ children }: DerNode): boolean => children === null;
const isBranch = ({ children }: DerNode): boolean => children !== null;
const hasTag =
  (...tags: readonly number[]) =>
  ({ identifier }: DerNode): boolean =>
    identifier.length === 1 && tags.includes(identifier[0] ?? 0);

/** The same node with another content, which no longer has children. */
const withOctets = (node: DerNode, octets: Bytes): readonly DerNode[] => [
  { ...node, octets, children: null },
];

const written = (form: LengthForm): Operator => ({ fits: any, change: (node) => [{ ...node, form }] });

const at = <T>(list: readonly [T, ...T[]], pick: number): T => list[pick % list.length] ?? list[0];

const COUNTS = [2, 3, 17, 33, 300, 2001] as const;
/** A little more than a body may have. */
const MAX_GROWN = 40 * 1024;
const DEPTHS = [1, 2, 8, 20, 33, 60] as const;
const TAGS = Object.values(TAG);
const STRINGS = [
  TAG.utf8String,
  TAG.printableString,
  TAG.teletexString,
  TAG.ia5String,
  TAG.visibleString,
  TAG.universalString,
  TAG.bmpString,
  TAG.utcTime,
  TAG.generalizedTime,
  0x82, // dNSName
  0x86, // URI
  0x87, // iPAddress
] as const;
const OIDS = Object.values(OID).map((dotted) => contentOfOid(dotted));
const TEXTS = [
  "node-01.nodes.example.internal",
  "NODE-01.nodes.example.internal",
  "node-02.nodes.example.internal",
  "*.nodes.example.internal",
  "node-01.nodes.example.internal\0.evil.example",
  "",
  "20491231235959Z",
  "500101000000Z",
  "é",
  "x".repeat(300),
].map(utf8);

/** Every wrong turn that a writer of DER can take, or an attacker. */
export const DER_OPERATORS = {
  drop: { fits: any, change: () => [] },
  duplicate: { fits: any, change: (node) => [node, node] },
  many: { fits: any, change: (node, { pick }) => repeated(node, at(COUNTS, pick)) },
  rotate: { fits: isBranch, change: (node, { pick }) => [{ ...node, children: rotated(node, pick) }] },
  replace: { fits: any, change: (_, { donor }) => [donor] },
  insert: { fits: any, change: (node, { donor }) => [donor, node] },
  append: {
    fits: isBranch,
    change: (node, { donor }) => [{ ...node, children: [...(node.children ?? []), donor] }],
  },
  tag: { fits: any, change: (node, { octet }) => [{ ...node, identifier: [octet] }] },
  "other-tag": {
    fits: any,
    change: (node, { pick }) => [{ ...node, identifier: [TAGS[pick % TAGS.length] ?? 0] }],
  },
  "high-tag": {
    fits: any,
    change: (node, { octet, pick }) => [
      { ...node, identifier: [octet | 0x1f, 0x80 | (pick & 0x7f), octet & 0x7f] },
    ],
  },
  "length-padded": written("padded"),
  "length-indefinite": written("indefinite"),
  "length-reserved": written("reserved"),
  "length-huge": written("huge"),
  "length-short": written("short"),
  "length-long": written("long"),
  nest: {
    fits: any,
    change: (node, { pick }) => [
      Array.from({ length: at(DEPTHS, pick) }).reduce(
        (inner: DerNode) => branch(TAG.sequence, [inner]),
        node,
      ),
    ],
  },
  unwrap: { fits: isBranch, change: ({ children }) => children ?? [] },
  empty: { fits: any, change: (node) => withOctets(node, new Uint8Array()) },
  "oid-other": {
    fits: hasTag(TAG.oid),
    change: (node, { pick }) => withOctets(node, OIDS[pick % OIDS.length] ?? node.octets),
  },
  "oid-padded": {
    fits: hasTag(TAG.oid),
    change: (node, { pick }) => withOctets(node, inserted(node.octets, pick, [0x80])),
  },
  "oid-long": {
    fits: hasTag(TAG.oid),
    change: (node, { pick }) =>
      withOctets(node, inserted(node.octets, pick, [...Array<number>(at(COUNTS, pick)).fill(0xff), 0x7f])),
  },
  "integer-padded": {
    fits: hasTag(TAG.integer, TAG.enumerated),
    change: (node, { octet }) => withOctets(node, inserted(node.octets, 0, [octet % 2 === 0 ? 0 : 0xff])),
  },
  "integer-sign": {
    fits: hasTag(TAG.integer),
    change: (node) =>
      withOctets(
        node,
        node.octets.map((octet, i) => (i === 0 ? octet ^ 0x80 : octet)),
      ),
  },
  "integer-long": {
    fits: hasTag(TAG.integer),
    change: (node, { octet, pick }) =>
      withOctets(node, inserted(node.octets, 0, Array<number>(at(COUNTS, pick)).fill(octet))),
  },
  "unused-bits": {
    fits: hasTag(TAG.bitString),
    change: (node, { octet }) => [{ ...node, octets: replaced(node.octets, 0, octet % 10) }],
  },
  "string-type": {
    fits: hasTag(...STRINGS),
    change: (node, { pick }) => [{ ...node, identifier: [at(STRINGS, pick)] }],
  },
  "string-text": {
    fits: hasTag(...STRINGS),
    change: (node, { pick }) => withOctets(node, TEXTS[pick % TEXTS.length] ?? node.octets),
  },
  boolean: {
    fits: hasTag(TAG.boolean),
    change: (node, { octet }) => withOctets(node, Uint8Array.of(octet % 3 === 0 ? 0 : octet)),
  },
  "bit-flip": {
    fits: isPrimitive,
    change: (node, { pick, octet }) =>
      withOctets(
        node,
        node.octets.map((o, i) => (i === pick % node.octets.length ? o ^ (1 << (octet & 7)) : o)),
      ),
  },
  grow: {
    fits: any,
    change: (node, { octet, pick }) =>
      withOctets(node, concatBytes(contentOf(node), new Uint8Array(at(COUNTS, pick)).fill(octet))),
  },
  shrink: {
    fits: any,
    change: (node, { octet }) =>
      withOctets(node, contentOf(node).subarray(0, octet % (contentOf(node).length + 1))),
  },
  segment: {
    fits: hasTag(TAG.octetString),
    change: (node, { pick }) => [segmented(node, pick)],
  },
} satisfies Record<string, Operator>;

export type DerOperator = keyof typeof DER_OPERATORS;

export const DER_OPERATOR_NAMES = Object.keys(DER_OPERATORS) as readonly DerOperator[];

/** Those after which it is still DER as a rule, so that what reads the meaning is reached. */
export const MEANING_OPERATORS = [
  "drop",
  "duplicate",
  "rotate",
  "replace",
  "insert",
  "append",
  "oid-other",
  "string-type",
  "string-text",
  "bit-flip",
  "grow",
  "shrink",
] as const satisfies readonly DerOperator[];

/** Applies one change to whichever node it picks of those that its operator fits; none leaves all as it is. */
const mutateNodes = (
  nodes: readonly DerNode[],
  { operator, at, pick, octet }: Change<DerOperator>,
  donors: readonly DerNode[],
): readonly DerNode[] => {
  const { fits, change }: Operator = DER_OPERATORS[operator];
  const count = countNodes(nodes, fits);
  const donor = nodeAt(donors, pick) ?? leaf(TAG.null, new Uint8Array());
  return count === 0
    ? nodes
    : rewriteNode(nodes, at % count, fits, (node) => change(node, { pick, octet, donor }));
};

export const mutateAll = (
  nodes: readonly DerNode[],
  made: readonly Change<DerOperator>[],
  donors: readonly DerNode[],
): readonly DerNode[] => made.reduce((changed, change) => mutateNodes(changed, change, donors), nodes);

const nodeAt = (nodes: readonly DerNode[], pick: number): DerNode | null => {
  let found: DerNode | null = null;
  const keep = (node: DerNode): readonly DerNode[] => [(found = node)];
  rewriteNode(nodes, pick % Math.max(countNodes(nodes, any), 1), any, keep);
  return found;
};

const repeated = (node: DerNode, count: number): readonly DerNode[] => {
  const room = Math.floor(MAX_GROWN / Math.max(encodeNodes([node]).length, 1));
  return Array<DerNode>(Math.min(count, Math.max(room, 2))).fill(node);
};

const rotated = ({ children }: DerNode, pick: number): readonly DerNode[] => {
  const list = children ?? [];
  const first = list.length === 0 ? 0 : pick % list.length || 1;
  return [...list.slice(first), ...list.slice(0, first)];
};

/** A constructed OCTET STRING of two segments (X.690 §8.7.3). */
const segmented = (node: DerNode, pick: number): DerNode => {
  const content = contentOf(node);
  const cut = pick % (content.length + 1);
  const parts = [content.subarray(0, cut), content.subarray(cut)].map((part) => leaf(TAG.octetString, part));
  return { ...branch(0x24, parts), form: pick % 2 === 0 ? "minimal" : "indefinite" };
};

const inserted = (octets: Bytes, pick: number, more: readonly number[]): Bytes => {
  const where = pick % (octets.length + 1);
  return concatBytes(octets.subarray(0, where), Uint8Array.from(more), octets.subarray(where));
};

const replaced = (octets: Bytes, where: number, value: number): Bytes =>
  octets.map((octet, i) => (i === where ? value : octet));

function contentOfOid(dotted: string): Bytes {
  return oid(dotted).subarray(2);
}
