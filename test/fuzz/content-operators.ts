import { concatBytes, utf8 } from "../../src/bytes.ts";
import { OID } from "../../src/pki/der/oids.ts";
import type { Bytes } from "../../src/pki/der/reader.ts";
import { TAG } from "../../src/pki/der/tags.ts";
import { oid } from "../../src/pki/der/writer.ts";
import { any, COUNTS, entryAt, hasTag, withOctets, type Operator } from "./der-operator.ts";
import { branch, contentOf, leaf, type DerNode } from "./der-tree.ts";

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

const OIDS = Object.values(OID).map((dotted) => oid(dotted).subarray(2));

const isPrimitive = ({ children }: DerNode): boolean => children === null;

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

/** What the elements hold. */
export const CONTENT_OPERATORS = {
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
      withOctets(
        node,
        inserted(node.octets, pick, [...Array<number>(entryAt(COUNTS, pick)).fill(0xff), 0x7f]),
      ),
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
      withOctets(node, inserted(node.octets, 0, Array<number>(entryAt(COUNTS, pick)).fill(octet))),
  },
  "unused-bits": {
    fits: hasTag(TAG.bitString),
    change: (node, { octet }) => [{ ...node, octets: replaced(node.octets, 0, octet % 10) }],
  },
  "string-type": {
    fits: hasTag(...STRINGS),
    change: (node, { pick }) => [{ ...node, identifier: [entryAt(STRINGS, pick)] }],
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
      withOctets(node, concatBytes(contentOf(node), new Uint8Array(entryAt(COUNTS, pick)).fill(octet))),
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
