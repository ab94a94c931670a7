import type { Change } from "./change.ts";
import { CONTENT_OPERATORS } from "./content-operators.ts";
import { any, type Operator } from "./der-operator.ts";
import { countNodes, leaf, rewriteNode, type DerNode } from "./der-tree.ts";
import { STRUCTURE_OPERATORS } from "./structure-operators.ts";
import { TAG } from "../../src/pki/der/tags.ts";

const DER_OPERATORS = { ...STRUCTURE_OPERATORS, ...CONTENT_OPERATORS };

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
