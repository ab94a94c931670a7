import type { Principal } from "../auth/principal.ts";
import type { NodeName } from "../node/node-name.ts";
import { MIN_LIFETIME_SECONDS } from "../pki/profile.ts";
import { refuse, type Check, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";
import type { ClusterDefinition } from "./definition.ts";
import type { Grant } from "./grant.ts";
import { grantedNames } from "./names.ts";
import { formMatches } from "../node/node-form.ts";
import { matchesHost, matchesName } from "../node/node-patterns.ts";

/**
 * Whether the principal may have a certificate for the node, and which: the cluster's definition and the credential must both
 * allow it. `lifetime` is the caller's wish in seconds; `null` means the cluster's own.
 * Refuses with `credential-invalid`, `node-not-allowed` (its `checks` name every rule) or `option-invalid`.
 */
export const decide = (
  principal: Principal,
  cluster: ClusterDefinition,
  node: NodeName,
  lifetime: number | null,
): Result<Grant, Refusal> => {
  if (!takesKind(cluster, principal.kind)) return kindNotAccepted();
  const checks = nodeChecks(principal, cluster, node);
  if (!checks.every((check) => check.pass))
    return nodeNotAllowed(
      checks,
      "the node name must be allowed by the cluster's definition and by the credential; the checks say which rule fails",
    );
  const outside = refuseLifetime(cluster, lifetime);
  return outside === null ? ok(grantOf(cluster, node, lifetime)) : refuse(outside);
};

/** The names and the lifetime of a node that may have them. */
export const grantOf = (cluster: ClusterDefinition, node: NodeName, lifetime: number | null): Grant => ({
  cluster,
  node,
  names: grantedNames(cluster, node),
  lifetime: lifetime ?? cluster.certificate.lifetime,
});

/** What the definition and the credential say of the node, rule by rule. */
export const nodeChecks = (
  principal: Principal,
  cluster: ClusterDefinition,
  node: NodeName,
): readonly Check[] => [
  ...definitionChecks(cluster, node),
  { name: "credential-names-node", pass: namesNode(principal.nodes, node) },
];

/** Why the cluster's definition does not allow this lifetime, or `null`. */
export const refuseLifetime = (cluster: ClusterDefinition, lifetime: number | null): Refusal | null =>
  isGrantable(lifetime ?? cluster.certificate.lifetime, cluster) ? null : LIFETIME_OUTSIDE;

/** Whether the cluster's definition alone allows the node, whoever asks. Refuses with `node-not-allowed`. */
export const nodeAllowed = (
  cluster: Pick<ClusterDefinition, "nodes">,
  node: NodeName,
): Result<NodeName, Refusal> => {
  const checks = definitionChecks(cluster, node);
  return checks.every((check) => check.pass)
    ? ok(node)
    : nodeNotAllowed(
        checks,
        "the node name must be one that the cluster's definition allows; the checks say which rule fails",
      );
};

const definitionChecks = ({ nodes }: Pick<ClusterDefinition, "nodes">, node: NodeName): readonly Check[] => [
  { name: "cluster-allows-name", pass: nodes.names.some((pattern) => matchesName(pattern, node.name)) },
  { name: "cluster-allows-host", pass: nodes.hosts.some((pattern) => matchesHost(pattern, node.host)) },
];

const takesKind = ({ bootstrap }: ClusterDefinition, kind: Principal["kind"]): boolean => {
  // What renews is a certificate of this cluster's own, and every cluster renews (policy/renewal.ts).
  if (kind === "possession") return true;
  const trust = bootstrap[kind];
  return trust !== null && !("length" in trust && trust.length === 0);
};

const namesNode = (nodes: Principal["nodes"], node: NodeName): boolean =>
  "exact" in nodes ? nodes.exact === node.text : formMatches(nodes.form, node);

const isGrantable = (seconds: number, { certificate }: ClusterDefinition): boolean =>
  Number.isSafeInteger(seconds) && seconds >= MIN_LIFETIME_SECONDS && seconds <= certificate.maxLifetime;

const kindNotAccepted = () =>
  refuse({
    code: "credential-invalid",
    detail:
      "this cluster does not accept this kind of credential; its definition lists the kinds under bootstrap",
  });

const nodeNotAllowed = (checks: readonly Check[], detail: string) =>
  refuse({ code: "node-not-allowed", detail, checks });

const LIFETIME_OUTSIDE: Refusal = {
  code: "option-invalid",
  field: "lifetime",
  detail:
    "the lifetime must be at least 1h and at most the cluster's maxLifetime; leave it out for the cluster's own",
};
