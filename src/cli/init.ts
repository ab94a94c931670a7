import { toBase64, toHex } from "../bytes.ts";
import type { ClusterSecret } from "../custody/cluster-secret.ts";
import type { ClusterDefinition } from "../policy/definition.ts";
import { ok, type Result } from "../result.ts";
import type { CeremonyRequest } from "./ca-certificates.ts";
import { holdCeremony, type CaPair } from "./ceremony.ts";
import { command, misused, type Complaint, type Outcome } from "./command.ts";
import { PLACE_HELP, storeName } from "./find-place.ts";
import { notes, sizeNotes } from "./init-notes.ts";
import { ISSUING_HELP } from "./issuing-options.ts";
import { ORDER_OPTIONS, readOrder } from "./issuing-order.ts";
import { NEW_ROOT_OPTIONS, rootRequest, storeWithRoot } from "./new-root.ts";
import { CLUSTER_HELP } from "./read-clusters.ts";
import { testedSecret, type TestedSecret } from "./secret-place.ts";

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
  ...NEW_ROOT_OPTIONS,
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
    const ceremony = rootRequest(values, request);
    if (!ceremony.ok) return ceremony;
    const made = await makeCa(ceremony.value, values.cookie, cluster);
    if (!made.ok) return made;
    const store = values.force ? place.replace : place.create;
    const files = await storeWithRoot({ ...made.value, cluster, out: values.out, store }, world);
    if (!files.ok) return files;
    const { text } = made.value.secret;
    return ok({ product: "", notes: [...notes(cluster, place, files.value), ...sizeNotes(text)] });
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
