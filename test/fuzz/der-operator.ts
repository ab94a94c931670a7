import type { Bytes } from "../../src/pki/der/reader.ts";
import type { DerNode } from "./der-tree.ts";

/** What an operator draws from, beside the node that it changes. */
interface Draw {
  readonly pick: number;
  readonly octet: number;
  /** A node of this value or of another one. */
  readonly donor: DerNode;
}

/** One wrong turn of a writer of DER, or of an attacker: what takes the place of a node that it fits. */
export interface Operator {
  readonly fits: (node: DerNode) => boolean;
  readonly change: (node: DerNode, draw: Draw) => readonly DerNode[];
}

/** How often, on both sides of every limit that the readers have. */
export const COUNTS = [2, 3, 17, 33, 300, 2001] as const;

export const any = (): boolean => true;

export const hasTag =
  (...tags: readonly number[]) =>
  ({ identifier }: DerNode): boolean =>
    identifier.length === 1 && tags.includes(identifier[0] ?? 0);

/** The same node with another content, which no longer has children. */
export const withOctets = (node: DerNode, octets: Bytes): readonly DerNode[] => [
  { ...node, octets, children: null },
];

export const entryAt = <T>(list: readonly [T, ...T[]], pick: number): T =>
  list[pick % list.length] ?? list[0];
