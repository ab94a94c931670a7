import { TAG } from "../../src/pki/der/tags.ts";
import { any, COUNTS, entryAt, withOctets, type Operator } from "./der-operator.ts";
import { branch, encodeNodes, type DerNode, type LengthForm } from "./der-tree.ts";

/** A little more than a body may have. */
const MAX_GROWN = 40 * 1024;
const DEPTHS = [1, 2, 8, 20, 33, 60] as const;
const TAGS = Object.values(TAG);

const isBranch = ({ children }: DerNode): boolean => children !== null;

const written = (form: LengthForm): Operator => ({ fits: any, change: (node) => [{ ...node, form }] });

const repeated = (node: DerNode, count: number): readonly DerNode[] => {
  const room = Math.floor(MAX_GROWN / Math.max(encodeNodes([node]).length, 1));
  return Array<DerNode>(Math.min(count, Math.max(room, 2))).fill(node);
};

const rotated = ({ children }: DerNode, pick: number): readonly DerNode[] => {
  const list = children ?? [];
  const first = list.length === 0 ? 0 : pick % list.length || 1;
  return [...list.slice(first), ...list.slice(0, first)];
};

/** Which elements there are, in which order, and how their headers are written. */
export const STRUCTURE_OPERATORS = {
  drop: { fits: any, change: () => [] },
  duplicate: { fits: any, change: (node) => [node, node] },
  many: { fits: any, change: (node, { pick }) => repeated(node, entryAt(COUNTS, pick)) },
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
      Array.from({ length: entryAt(DEPTHS, pick) }).reduce(
        (inner: DerNode) => branch(TAG.sequence, [inner]),
        node,
      ),
    ],
  },
  unwrap: { fits: isBranch, change: ({ children }) => children ?? [] },
  empty: { fits: any, change: (node) => withOctets(node, new Uint8Array()) },
} satisfies Record<string, Operator>;
