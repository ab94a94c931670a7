import { toBase64, toHex } from "../bytes.ts";
import type { ClusterSecret } from "../custody/cluster-secret.ts";
import type { ClusterDefinition } from "../policy/definition.ts";
import { parseDuration } from "../policy/duration.ts";
import { ok, type Result } from "../result.ts";
import type { CeremonyRequest } from "./ca-certificates.ts";
import { holdCeremony, type CaPair } from "./ceremony.ts";
import { command, misused, refused, type Complaint, type Outcome } from "./command.ts";
import { PLACE_HELP, storeName } from "./find-place.ts";
import { doubts, notes, sizeNotes } from "./init-notes.ts";
import { ISSUING_HELP } from "./issuing-options.ts";
import { ORDER_OPTIONS, readOrder } from "./issuing-order.ts";
import { CLUSTER_HELP } from "./read-clusters.ts";
import { keepRoot, removeRoot, rootFiles } from "./root-files.ts";
import { testedSecret, type SecretPlace, type TestedSecret } from "./secret-place.ts";
import type { World } from "./world.ts";

const HELP = `interlock init --cluster NAME [options]

Makes the CA of one cluster: a root to keep offline and the intermediate that issues, a key for join tokens, and if
wanted an Erlang cookie. Tests the result, then writes it.

${CLUSTER_HELP}${PLACE_HELP}  --out DIR          where NAME.root.pem and NAME.root.key go (default: here)
${ISSUING_HELP}  --root-lifetime D  of the root (default 3650d)
  --cookie           make an Erlang cookie too; bundles deliver it where the definition says so
  --force            embedded, aws: replace the secret that is there. Nodes trust the old root only, so all of them
                     must enrol anew. For a new issuing CA under the root that they trust: interlock renew

  interlock init --cluster rabbit-prod --store embedded
  interlock init --cluster emqx-edge --store aws --constrain --out /media/offline
`;

const OPTIONS = {
  ...ORDER_OPTIONS,
  "root-lifetime": { type: "string", default: "3650d" },
  out: { type: "string", default: "." },
  cookie: { type: "boolean", default: false },
  force: { type: "boolean", default: false },
} as const;

export const init = command({
  summary: "make a cluster's CA and its secret",
  help: HELP,
  options: OPTIONS,
  run: async (values, world): Promise<Outcome> => {
    const order = await readOrder(values, world);
    if (!order.ok) return order;
    const { cluster, place, request } = order.value;
    if (values.force && storeName(values, world) === "file")
      return misused("--force is for embedded and aws: move a file away by hand");
    const rootLifetime = parseDuration(values["root-lifetime"]);
    if (rootLifetime === null || rootLifetime < request.lifetime)
      return misused("--root-lifetime is a duration such as 3650d, no shorter than --lifetime");
    const made = await makeCa({ ...request, rootLifetime }, values.cookie, cluster);
    if (!made.ok) return made;
    return await keep(made.value, rootFiles(values.out, cluster), cluster, place, values.force, world);
  },
});

interface Made {
  readonly root: CaPair;
  readonly secret: TestedSecret;
}

const makeCa = async (
  request: CeremonyRequest,
  cookie: boolean,
  cluster: ClusterDefinition,
): Promise<Result<Made, Complaint>> => {
  const { root, issuing } = await holdCeremony(request);
  const document: ClusterSecret = {
    version: 1,
    certificate: issuing.certificate,
    privateKey: issuing.privateKey,
    trustBundle: root.certificate,
    tokenKey: toBase64(request.random(32)),
    ...(cookie ? { cookie: toHex(request.random(20)) } : {}),
  };
  const secret = await testedSecret(document, cluster, request.now);
  return secret.ok ? ok({ root, secret: secret.value }) : secret;
};

/** The root first: a secret in use whose root is lost could never be renewed. It is removed only where the secret was surely not stored. */
const keep = async (
  made: Made,
  files: CaPair,
  cluster: ClusterDefinition,
  place: SecretPlace,
  force: boolean,
  world: World,
): Promise<Outcome> => {
  const kept = await keepRoot(made.root, files, world);
  if (!kept.ok) return kept;
  const { text } = made.secret;
  const stored = await (force ? place.replace(text) : place.create(text));
  if (stored.ok) return ok({ product: "", notes: [...notes(cluster, place, files), ...sizeNotes(text)] });
  if (stored.error.mayBeStored) return refused(...stored.error.lines, ...doubts(made.secret, files, cluster));
  await removeRoot(files, world);
  return stored;
};
