import type { CaSnapshot } from "../custody/snapshot.ts";
import { loadSnapshot } from "../custody/cluster-secret.ts";
import type { ClusterDefinition, Clusters } from "../policy/definition.ts";
import { needFixedOrigin } from "../policy/fixed-origin.ts";
import { mayBeOneSecret } from "../policy/secret-name.ts";
import { ok, type Result } from "../result.ts";
import { formatDate } from "../time.ts";
import { command, misused, refused, type Complaint, type Outcome } from "./command.ts";
import { findPlace, PLACE_HELP, PLACE_OPTIONS, readSecret, type PlaceValues } from "./find-place.ts";
import { CLUSTER_OPTIONS, CLUSTERS_FILE, readClusters } from "./read-clusters.ts";
import { generationOf } from "./secret-place.ts";
import type { World } from "./world.ts";

const HELP = `interlock check [--clusters FILE] [--cluster NAME] [--store STORE]

Checks the definitions, as the Worker does when it starts. With --store, also loads each cluster's secret and tests its
CA, and looks for clusters that trust one root: the nodes of one could enter the other.

  --clusters FILE    the definitions (default ${CLUSTERS_FILE})
  --cluster NAME     the secret of this cluster only
${PLACE_HELP}
  interlock check
  interlock check --store aws
`;

export const check = command({
  summary: "check the definitions and, with --store, the secrets",
  help: HELP,
  options: { ...CLUSTER_OPTIONS, ...PLACE_OPTIONS },
  run: async (values, world): Promise<Outcome> => {
    const clusters = await readClusters(values.clusters, world);
    if (!clusters.ok) return clusters;
    const chosen = [...clusters.value.values()].filter(
      ({ id }) => values.cluster === undefined || id === values.cluster,
    );
    if (chosen.length === 0) return refused(`${values.clusters} has no cluster ${values.cluster ?? ""}`);
    const notes = originNotes(clusters.value, world);
    if (values.store === undefined)
      return ok({ product: `${values.clusters} holds: ${[...clusters.value.keys()].join(", ")}\n`, notes });
    if (values.secret !== undefined && chosen.length > 1)
      return misused("--secret is the file of one cluster: name it with --cluster");
    const secrets = await checkSecrets(chosen, values, world);
    return secrets.ok ? ok({ ...secrets.value, notes }) : secrets;
  },
});

/** The deployment's variables are not here to be looked at, unless this is where they are set. */
const originNotes = (clusters: Clusters, { env }: World): readonly string[] =>
  env["PUBLIC_ORIGIN"] === undefined
    ? needFixedOrigin(clusters).map(
        (id) =>
          `${id} takes web tokens with "audience": "cluster": the Worker does not start without PUBLIC_ORIGIN`,
      )
    : [];

interface Loaded {
  readonly cluster: ClusterDefinition;
  readonly snapshot: CaSnapshot;
}

/** Every secret is tried, so that one run tells all that is wrong. */
const checkSecrets = async (
  clusters: readonly ClusterDefinition[],
  values: PlaceValues,
  world: World,
): Promise<Outcome> => {
  const results = await Promise.all(clusters.map((cluster) => load(cluster, values, world)));
  const loaded = results.flatMap((result) => (result.ok ? [result.value] : []));
  const complaints = [
    ...results.flatMap((result) => (result.ok ? [] : result.error.lines)),
    ...sharedRoots(loaded),
  ];
  return complaints.length > 0
    ? refused(...complaints)
    : ok({ product: loaded.map((one) => `${describe(one)}\n`).join(""), notes: [] });
};

const load = async (
  cluster: ClusterDefinition,
  values: PlaceValues,
  world: World,
): Promise<Result<Loaded, Complaint>> => {
  const place = findPlace(values, cluster, world);
  if (!place.ok) return place;
  const secret = await readSecret(place.value, cluster);
  if (!secret.ok) return secret;
  const snapshot = await loadSnapshot(secret.value, cluster, world.now());
  return snapshot.ok
    ? ok({ cluster, snapshot: snapshot.value })
    : refused(`${cluster.id}: ${snapshot.error.detail}`);
};

/** One secret for two clusters is a choice that the definitions spell out; one root in two secrets is an accident. */
const sharedRoots = (loaded: readonly Loaded[]): readonly string[] =>
  loaded.flatMap((one, i) =>
    loaded
      .slice(0, i)
      .filter(
        (other) =>
          !mayBeOneSecret(other.cluster.ca.secret, one.cluster.ca.secret) && haveCommonRoot(one, other),
      )
      .map(
        (other) =>
          `${other.cluster.id} and ${one.cluster.id} trust the same root: every node of one can enter the other`,
      ),
  );

const haveCommonRoot = (one: Loaded, other: Loaded): boolean => {
  const roots = new Set(one.snapshot.ca.trustedRoots);
  return other.snapshot.ca.trustedRoots.some((root) => roots.has(root));
};

const describe = ({ cluster, snapshot }: Loaded): string => {
  const until = formatDate(snapshot.ca.notAfter);
  return `${cluster.id}: ${snapshot.ca.keyType} CA until ${until}, generation ${generationOf(snapshot)}`;
};
