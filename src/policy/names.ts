import { parseHost } from "../node/host.ts";
import type { NodeName } from "../node/node-name.ts";
import type { GeneralName } from "../pki/general-name.ts";
import type { ClusterDefinition } from "./definition.ts";

/**
 * The subjectAltName that today's policy gives a node, in its final order: its own names, the cluster's `extraNames`, the node's
 * `nodeNames`. Without duplicates and never more than `MAX_NAMES` (`pki/profile.ts`). The node must be one that the definition allows.
 */
export const grantedNames = (cluster: ClusterDefinition, node: NodeName): readonly GeneralName[] =>
  withoutDuplicates([
    ...hostNames(node),
    ...bareNames(cluster, node),
    ...cluster.certificate.extraNames,
    ...(cluster.certificate.nodeNames.get(node.text) ?? []),
  ]);

/** An address goes in twice: OTP 25 looks for it as a dNSName, 26.2 and later as an iPAddress (`erlang.md` §2). */
const hostNames = ({ host }: NodeName): readonly GeneralName[] =>
  host.kind === "name"
    ? [{ type: "dns", value: host.text }]
    : [
        { type: "ip", value: host.text },
        { type: "dns", value: host.text },
      ];

/** The one name that a node can do without, at a price: RabbitMQ's stream replicas dial the bare host name first and, from OTP 26 on, give up when it does not match (`erlang.md` §7). */
export const bareNames = (cluster: ClusterDefinition, { host, long }: NodeName): readonly GeneralName[] => {
  if (cluster.product !== "rabbitmq" || host.kind !== "name" || !long) return [];
  const bare = parseHost(host.labels[0] ?? "");
  // A first label of digits alone would be read as an address, so it is no host name.
  return bare?.kind === "name" ? [{ type: "dns", value: bare.text }] : [];
};

const withoutDuplicates = (names: readonly GeneralName[]): readonly GeneralName[] => [
  ...new Map(names.map((name) => [`${name.type}:${name.value}`, name])).values(),
];
