import { isLabel, parseHost } from "./host.ts";
import { parseNodeName, type NodeName } from "./node-name.ts";

/**
 * How a node's name follows from evidence: `rabbit@{/pod/name}.mq.svc.cluster.local`. Left of the `@` stands literal text. Right of it
 * `{pointer}` stands for a value of the evidence (RFC 6901), inside or as a label, and that value must be a label, or an
 * address where it is the whole host. `{pointer}` alone is a full node name. Values are never patterns, and never cut or changed.
 */
export interface NodeTemplate {
  readonly text: string;
  readonly parts: readonly TemplatePart[];
  /** Whether one value is the whole node name. */
  readonly whole: boolean;
}

export type TemplatePart = { readonly literal: string } | { readonly pointer: string };

const PLACEHOLDER = /\{(\/[^{}]+)\}/;

/** `null` for a template without a placeholder, with one left of the `@`, or that no value could make a node name of. */
export const parseNodeTemplate = (text: string): NodeTemplate | null => {
  const pieces = text.split(PLACEHOLDER);
  const parts = pieces
    .map((piece, i): TemplatePart => (i % 2 === 1 ? { pointer: piece } : { literal: piece }))
    .filter((part) => "pointer" in part || part.literal !== "");
  if (!parts.some((part) => "pointer" in part)) return null;
  const whole = parts.length === 1;
  const template = { text, parts, whole };
  return whole || fillNodeTemplate(template, () => "a") !== null ? template : null;
};

/** The node that the evidence names, or `null` where a value is missing, no text, or no label. `valueAt` reads a pointer. */
export const fillNodeTemplate = (
  template: NodeTemplate,
  valueAt: (pointer: string) => unknown,
): NodeName | null => {
  const values = template.parts.map((part) => ("literal" in part ? part.literal : valueAt(part.pointer)));
  if (!values.every((value) => typeof value === "string")) return null;
  const filled = template.parts.every((part, i) => "literal" in part || mayFill(template, values, i));
  const node = filled ? parseNodeName(values.join("")) : null;
  return node?.ok === true ? node.value : null;
};

const mayFill = ({ whole }: NodeTemplate, values: readonly string[], i: number): boolean => {
  const value = values[i] ?? "";
  if (whole) return true;
  if (!values.slice(0, i).join("").includes("@")) return false;
  const wholeHost = i === values.length - 1 && values[i - 1]?.endsWith("@") === true;
  return isLabel(value) || (wholeHost && parseHost(value)?.kind === "ip");
};
