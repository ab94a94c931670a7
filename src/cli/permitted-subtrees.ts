import type { HostPattern } from "../node/node-patterns.ts";
import type { ClusterDefinition } from "../policy/definition.ts";
import { err, ok, type Result } from "../result.ts";

/**
 * The dNSName subtrees (RFC 5280 §4.2.1.10) that hold every name of a cluster's certificates: what `init --constrain` writes into the
 * issuing CA, so that even its stolen key makes no certificate for another host. Refuses, with a sentence, a cluster that has names
 * which no subtree holds.
 */
export const permittedSubtrees = (cluster: ClusterDefinition): Result<readonly string[], string> => {
  const { hosts } = cluster.nodes;
  const bases = hosts.map(hostBase);
  const refused = bases.find((base) => !base.ok);
  if (refused !== undefined) return refused;
  if (cluster.product === "rabbitmq" && hosts.some(isOpen)) return err(BARE_NAMES);
  const bare = cluster.product === "rabbitmq" ? hosts.map(({ text }) => text.split(".")[0] ?? "") : [];
  return ok(
    outermost([...bases.flatMap((base) => (base.ok ? [base.value] : [])), ...bare, ...givenNames(cluster)]),
  );
};

const ADDRESSES =
  "nodes with an IP address also carry it as a dNSName, which lies in no subtree, and an address constraint breaks every Erlang handshake";
const BARE_NAMES =
  "RabbitMQ's stream replicas dial the bare host name, so every node carries it, and under a *.zone or <n> it lies in no subtree; list the hosts one by one";
const NO_ZONE = "a short host name with <n> has no zone to constrain; list the hosts one by one";

const hostBase = (pattern: HostPattern): Result<string, string> => {
  if (pattern.kind === "ip") return err(ADDRESSES);
  const labels = pattern.text.split(".");
  const base = labels.slice(labels.findLastIndex((label) => label === "*" || label.includes("<n>")) + 1);
  return base.length === 0 ? err(NO_ZONE) : ok(base.join("."));
};

const isOpen = ({ text }: HostPattern): boolean => text.includes("*") || text.includes("<n>");

/** A wildcard lies in the subtree of its zone. Addresses are not constrained. */
const givenNames = ({ certificate }: ClusterDefinition): readonly string[] =>
  [...certificate.extraNames, ...[...certificate.nodeNames.values()].flat()]
    .filter(({ type }) => type === "dns")
    .map(({ value }) => (value.startsWith("*.") ? value.slice(2) : value));

/** Without those that lie in another. */
const outermost = (bases: readonly string[]): readonly string[] =>
  [...new Set(bases)].filter((base) => !bases.some((other) => base.endsWith(`.${other}`)));
