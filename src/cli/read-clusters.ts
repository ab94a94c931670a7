import type { ClusterDefinition, Clusters } from "../policy/definition.ts";
import { parseClusters } from "../policy/clusters.ts";
import { ok, type Result } from "../result.ts";
import { misused, refused, type Complaint } from "./command.ts";
import { readText, type World } from "./world.ts";

export const CLUSTERS_FILE = "infra/clusters.json";

export const CLUSTER_OPTIONS = {
  cluster: { type: "string" },
  clusters: { type: "string", default: CLUSTERS_FILE },
} as const;

export const CLUSTER_HELP = `  --cluster NAME     which cluster of the definitions
  --clusters FILE    the definitions (default ${CLUSTERS_FILE})
`;

/** The definitions in a file, or every problem of theirs. */
export const readClusters = async (path: string, world: World): Promise<Result<Clusters, Complaint>> => {
  const text = await readText(path, world);
  if (text === null) return refused(`there is no ${path}: name the definitions with --clusters`);
  const json = parseJson(text);
  if (json === undefined) return refused(`${path} is not JSON`);
  const clusters = parseClusters(json);
  return clusters.ok
    ? clusters
    : refused(...clusters.error.map((problem) => `${path}#${problem.path} ${problem.detail}`));
};

/** The definition that `--cluster` names. */
export const readCluster = async (
  values: { readonly cluster?: string | undefined; readonly clusters: string },
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

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
