import { err, ok, type Result } from "../result.ts";
import { clusterProblems, sharingProblems } from "./cluster-rules.ts";
import type { ClusterDefinition, Clusters } from "./definition.ts";
import { problemsOf, sentence, type DefinitionProblem } from "./definition-problem.ts";
import { loadClustersSchema, type ClusterEntry, type ClustersSchema } from "./definition-schema.ts";
import { namedKinds } from "./named-kinds.ts";

export type { DefinitionProblem } from "./definition-problem.ts";

/**
 * The only way to a {@link ClusterDefinition}: the content of `infra/clusters.json` or of the variable `CLUSTERS`, already
 * read as strict JSON. A definition that does not hold is refused whole, with every problem that is known.
 */
export const parseClusters = async (json: unknown): Promise<Result<Clusters, readonly DefinitionProblem[]>> =>
  parseClustersWith(await loadClustersSchema(namedKinds(json)), json);

/** The same by a schema that is there. */
export const parseClustersWith = (
  schema: ClustersSchema,
  json: unknown,
): Result<Clusters, readonly DefinitionProblem[]> => {
  const parsed = schema.safeParse(json, { error: sentence });
  if (!parsed.success) return err(problemsOf(parsed.error.issues));
  const entries = Object.entries(parsed.data.clusters);
  const clusters = entries.map(([id, entry]) => definition(id, entry));
  const problems = [
    ...clusters.flatMap(clusterProblems),
    ...sharingProblems(entries.map(([id, { ca }]) => ({ id, secret: ca.secret, sharedCa: ca.sharedCa }))),
  ];
  return problems.length > 0 ? err(problems) : ok(new Map(clusters.map((cluster) => [cluster.id, cluster])));
};

const definition = (id: string, entry: ClusterEntry): ClusterDefinition => ({
  id,
  product: entry.product,
  nodes: entry.nodes,
  ca: { secret: entry.ca.secret },
  certificate: {
    ...entry.certificate,
    keys: new Set(entry.certificate.keys),
    nodeNames: new Map(Object.entries(entry.certificate.nodeNames)),
    blockedKeys: new Set(entry.certificate.blockedKeys),
  },
  bootstrap: entry.bootstrap,
  renewal: entry.renewal,
  render: entry.render,
});
