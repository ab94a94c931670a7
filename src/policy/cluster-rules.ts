import { parseNodeName } from "../node/node-name.ts";
import { MAX_NAMES } from "../pki/profile.ts";
import { nodeAllowed } from "./decide.ts";
import type { ClusterDefinition } from "./definition.ts";
import { problem, type DefinitionProblem } from "./definition-problem.ts";
import { grantedNames } from "./names.ts";
import { isLong } from "../node/node-patterns.ts";
import { mayBeOneSecret, secretVariable } from "./secret-name.ts";

/** What one cluster's definition must hold beyond the shape of its members. A rule answers with what is wrong, or nothing. */
type Rule = (cluster: ClusterDefinition) => readonly DefinitionProblem[];

const at = (cluster: ClusterDefinition, path: readonly string[], detail: string): DefinitionProblem =>
  problem(["clusters", cluster.id, ...path], detail);

const lifetimeWithinMaximum: Rule = (cluster) =>
  cluster.certificate.lifetime <= cluster.certificate.maxLifetime
    ? []
    : [at(cluster, ["certificate", "lifetime"], "must not be longer than maxLifetime")];

/** Erlang: a node started with -name and one started with -sname never connect. */
const hostsOfOneLength: Rule = (cluster) =>
  new Set(cluster.nodes.hosts.map(isLong)).size <= 1
    ? []
    : [
        at(
          cluster,
          ["nodes", "hosts"],
          "must not mix long names (with a dot) and short names: such nodes never connect",
        ),
      ];

/** Flags cannot express `customize_hostname_check`, and without it no peer matches a wildcard (`erlang.md` §2). */
const wildcardNeedsOptionFile: Rule = (cluster) =>
  cluster.render.strategy === "flags" &&
  cluster.certificate.extraNames.some((name) => name.value.startsWith("*."))
    ? [
        at(
          cluster,
          ["certificate", "extraNames"],
          "must not hold a wildcard with the strategy flags: no peer would match it",
        ),
      ]
    : [];

/** Two names may come from the node itself: a host and its bare label, or an address in its two forms (`names.ts`). */
const extraNamesFit: Rule = (cluster) =>
  cluster.certificate.extraNames.length <= MAX_NAMES - 2
    ? []
    : [
        at(
          cluster,
          ["certificate", "extraNames"],
          `must hold at most ${MAX_NAMES - 2} names: a certificate has at most ${MAX_NAMES}`,
        ),
      ];

const nodeNamesFit: Rule = (cluster) =>
  [...cluster.certificate.nodeNames.keys()].flatMap((text) => {
    const defect = nodeNamesDefect(cluster, text);
    return defect === null ? [] : [at(cluster, ["certificate", "nodeNames", text], defect)];
  });

const nodeNamesDefect = (cluster: ClusterDefinition, text: string): string | null => {
  const node = parseNodeName(text);
  if (!node.ok) return "must be under a full node name in lower case, such as rabbit@mq-1.example.internal";
  if (!nodeAllowed(cluster, node.value).ok)
    return "must be under a node name that this cluster's nodes allow";
  const count = grantedNames(cluster, node.value).length;
  return count <= MAX_NAMES
    ? null
    : `would give the node ${count} names: a certificate has at most ${MAX_NAMES}`;
};

const RULES: readonly Rule[] = [
  lifetimeWithinMaximum,
  hostsOfOneLength,
  wildcardNeedsOptionFile,
  extraNamesFit,
  nodeNamesFit,
];

export const clusterProblems: Rule = (cluster) => RULES.flatMap((rule) => rule(cluster));

/** What a cluster says about its secret. */
export interface SecretClaim {
  readonly id: string;
  readonly secret: string;
  readonly sharedCa: boolean;
}

/**
 * A CA is a cluster's wall: whoever holds a certificate below a root in `cacertfile` may become a node and run code. So two clusters
 * name one secret only when both say that they mean it, and two secrets never fall into one variable of the embedded store.
 */
export const sharingProblems = (claims: readonly SecretClaim[]): readonly DefinitionProblem[] =>
  claims.flatMap((claim, i) =>
    claims.slice(0, i).flatMap((other) => {
      const defect = sharingDefect(claim, other);
      return defect === null ? [] : [problem(["clusters", claim.id, "ca", "secret"], defect)];
    }),
  );

const sharingDefect = (claim: SecretClaim, other: SecretClaim): string | null => {
  if (mayBeOneSecret(claim.secret, other.secret)) {
    return claim.sharedCa && other.sharedCa
      ? null
      : `is also the secret of ${other.id}: every node of one could enter the other, so both must say "sharedCa": true`;
  }
  return secretVariable(claim.secret) === secretVariable(other.secret)
    ? `gives the same variable ${secretVariable(claim.secret)} as the secret of ${other.id}: name one of them differently`
    : null;
};
