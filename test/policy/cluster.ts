import { parseClustersWith } from "../../src/policy/clusters.ts";
import type { ClusterDefinition, Clusters } from "../../src/policy/definition.ts";
import type { DefinitionProblem } from "../../src/policy/definition-problem.ts";
import { loadClustersSchema } from "../../src/policy/definition-schema.ts";
import { ALL_KINDS } from "../../src/policy/named-kinds.ts";
import type { Result } from "../../src/result.ts";

const SCHEMA = await loadClustersSchema(ALL_KINDS);

/** As `parseClusters`, without waiting: the schemas of every kind are there. */
export const clustersOf = (json: unknown): Result<Clusters, readonly DefinitionProblem[]> =>
  parseClustersWith(SCHEMA, json);

/** A definition as it stands in `infra/clusters.json`; tests lay over it what they are about. */
export const definitionWith = (members: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  product: "rabbitmq",
  nodes: { names: ["rabbit"], hosts: ["*.prod.internal"] },
  ca: { secret: "interlock/mq" },
  bootstrap: [{ method: "token" }],
  ...members,
});

export const clustersWith = (...definitions: readonly Readonly<Record<string, unknown>>[]) =>
  clustersOf({
    clusters: Object.fromEntries(
      definitions.map((definition, i) => [i === 0 ? "mq" : `mq-${i + 1}`, definition]),
    ),
  });

/** The cluster `mq` of such a definition. Throws with the problems of one that does not hold. */
export const clusterWith = (members: Readonly<Record<string, unknown>> = {}): ClusterDefinition => {
  const clusters = clustersWith(definitionWith(members));
  const cluster = clusters.ok ? clusters.value.get("mq") : undefined;
  if (cluster === undefined) throw new Error(JSON.stringify(clusters));
  return cluster;
};
