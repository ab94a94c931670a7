import { parseHost } from "./host.ts";
import { parseNodeName, type NodeName } from "./node-name.ts";
import { coversZone, matchesName, type HostPattern, type NamePattern } from "./node-patterns.ts";

/** `rabbit@*.zone`: one node name left of the `@`, and any host that is exactly one label below the zone. */
export interface NodeForm {
  readonly text: string;
  readonly name: string;
  readonly zone: readonly string[];
}

/** The form that a token may carry in place of a node name (`evidence.md`, token), or `null`. */
export const parseNodeForm = (text: string): NodeForm | null => {
  const [name = "", host = "", ...more] = text.split("@");
  if (more.length > 0 || !host.startsWith("*.")) return null;
  const zone = parseHost(host.slice(2));
  // One of its nodes must be a node name: this checks what stands left of the @, and the length.
  if (zone?.kind !== "name" || !parseNodeName(`${name}@a.${zone.text}`).ok) return null;
  return { text, name, zone: zone.labels };
};

export const formMatches = (form: NodeForm, node: NodeName): boolean =>
  node.name === form.name &&
  node.host.kind === "name" &&
  node.host.labels.length === form.zone.length + 1 &&
  form.zone.every((label, i) => node.host.kind === "name" && node.host.labels[i + 1] === label);

/** Whether the cluster allows every node of the form: a token must never reach beyond the definition. */
export const formWithin = (
  form: NodeForm,
  nodes: { readonly names: readonly NamePattern[]; readonly hosts: readonly HostPattern[] },
): boolean =>
  nodes.names.some((pattern) => matchesName(pattern, form.name)) &&
  nodes.hosts.some((pattern) => coversZone(pattern, form.zone));
