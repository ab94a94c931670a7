import type { ClusterDefinition, Clusters } from "../policy/definition.ts";
import { parseClusters } from "../policy/clusters.ts";
import { ok, type Result } from "../result.ts";
import { JSON_DEFECTS, strictJson } from "../strict-json.ts";
import { misused, refused, type Complaint } from "./command.ts";
import type { World } from "./world.ts";

export const CLUSTERS_FILE = "infra/clusters.json";

export const CLUSTER_OPTIONS = {
  cluster: { type: "string" },
  clusters: { type: "string", default: CLUSTERS_FILE },
} as const;

export interface ClusterValues {
  readonly cluster?: string | undefined;
  readonly clusters: string;
}

export const CLUSTER_HELP = `  --cluster NAME     which cluster of the definitions
  --clusters FILE    the definitions (default ${CLUSTERS_FILE})
`;

/** The definitions in a file, or every problem of theirs. */
export const readClusters = async (path: string, world: World): Promise<Result<Clusters, Complaint>> => {
  const bytes = await world.read(path);
  if (bytes === null) return refused(`there is no ${path}: name the definitions with --clusters`);
  const json = strictJson(bytes);
  if (!json.ok) return refused(`${path} ${JSON_DEFECTS[json.error]}`);
  const clusters = await parseClusters(json.value);
  return clusters.ok
    ? clusters
    : refused(...clusters.error.map((problem) => `${path}#${problem.path} ${problem.detail}`));
};

/** The definition that `--cluster` names. */
export const readCluster = async (
  values: ClusterValues,
  world: World,
): Promise<Result<ClusterDefinition, Complaint>> => {
  if (values.cluster === undefined) return misused("name the cluster: --cluster rabbit-prod");
  const clusters = await readClusters(values.clusters, world);
  if (!clusters.ok) return clusters;
  const cluster = clusters.value.get(values.cluster);
  return cluster === undefined
    ? refused(
        `${values.clusters} has no cluster ${values.cluster}; it has ${[...clusters.value.keys()].join(", ")}`,
      )
    : ok(cluster);
};
