import { join } from "node:path";
import { toBase64, toHex } from "../bytes.ts";
import type { ClusterSecret } from "../custody/cluster-secret.ts";
import type { ClusterDefinition } from "../policy/definition.ts";
import { parseDuration } from "../policy/duration.ts";
import { ok, type Result } from "../result.ts";
import { holdCeremony, type CaPair, type CeremonyRequest } from "./ceremony.ts";
import { command, misused, refused, type Complaint, type Outcome } from "./command.ts";
import { findPlace, PLACE_HELP, PLACE_OPTIONS, storeName } from "./find-place.ts";
import { ISSUING_HELP, ISSUING_OPTIONS, issuingRequest } from "./issuing-options.ts";
import { CLUSTER_HELP, CLUSTER_OPTIONS, readCluster } from "./read-clusters.ts";
import { testedSecret, type SecretPlace } from "./secret-place.ts";
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
  ...CLUSTER_OPTIONS,
  ...PLACE_OPTIONS,
  ...ISSUING_OPTIONS,
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
    const cluster = await readCluster(values, world);
    if (!cluster.ok) return cluster;
    const place = findPlace(values, cluster.value, world);
    if (!place.ok) return place;
    if (values.force && storeName(values, world) === "file")
      return misused("--force is for embedded and aws: move a file away by hand");
    const request = issuingRequest(values, cluster.value, world);
    if (!request.ok) return request;
    const rootLifetime = parseDuration(values["root-lifetime"]);
    if (rootLifetime === null || rootLifetime < request.value.lifetime)
      return misused("--root-lifetime is a duration such as 3650d, no shorter than --lifetime");
    const made = await makeCa({ ...request.value, rootLifetime }, values.cookie, cluster.value);
    if (!made.ok) return made;
    return await keep(
      made.value,
      rootFiles(values.out, cluster.value),
      cluster.value,
      place.value,
      values.force,
      world,
    );
  },
});

interface Made {
  readonly root: CaPair;
  readonly secret: string;
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

const rootFiles = (folder: string, { id }: ClusterDefinition): CaPair => ({
  certificate: join(folder, `${id}.root.pem`),
  privateKey: join(folder, `${id}.root.key`),
});

/** The root first: a secret in use whose root is lost could never be renewed. Refused, it leaves no file behind. */
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
  const stored = await (force ? place.replace(made.secret) : place.create(made.secret));
  if (stored.ok)
    return ok({ product: "", notes: [...notes(cluster, place, files), ...sizeNotes(made.secret)] });
  await Promise.all([world.remove(files.certificate), world.remove(files.privateKey)]);
  return stored;
};

/** Both files or none. */
const keepRoot = async (root: CaPair, files: CaPair, world: World): Promise<Result<void, Complaint>> => {
  if (!(await world.create(files.privateKey, root.privateKey)))
    return refused(`${files.privateKey} is there already: a root is never overwritten`);
  if (await world.create(files.certificate, root.certificate)) return ok(undefined);
  await world.remove(files.privateKey);
  return refused(`${files.certificate} is there already: a root is never overwritten`);
};

const notes = (cluster: ClusterDefinition, place: SecretPlace, files: CaPair): readonly string[] => [
  `The CA of ${cluster.id} is made and tested.`,
  "",
  `  ${files.privateKey}`,
  "      KEEP OFFLINE, on a medium that no server reads. It is the root's private key: whoever has it can make a CA",
  `      that every node of ${cluster.id} trusts. Without it the issuing CA cannot be renewed.`,
  `  ${files.certificate}`,
  "      The root's certificate. It is public; keep it beside the key.",
  `  ${place.title}`,
  "      The cluster secret: the issuing CA's key and the key of join tokens. Only Interlock reads it.",
];

/** Cloudflare: 5 KB an environment variable. Two RSA certificates and their key are more. */
const MAX_VARIABLE_LENGTH = 5 * 1024;

const sizeNotes = (secret: string): readonly string[] =>
  secret.length <= MAX_VARIABLE_LENGTH
    ? []
    : [
        "",
        "The secret is too large for a variable of a Worker on Cloudflare: keep it in AWS, or use an elliptic curve key.",
      ];
