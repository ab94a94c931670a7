import { loadSnapshot, parseClusterSecret, type ClusterSecret } from "../custody/cluster-secret.ts";
import type { ClusterDefinition } from "../policy/definition.ts";
import { ok, type Result } from "../result.ts";
import type { IssuingRequest } from "./ca-certificates.ts";
import { renewIssuing, type CaPair } from "./ceremony.ts";
import { command, refused, type Complaint, type Outcome } from "./command.ts";
import { PLACE_HELP, readSecret } from "./find-place.ts";
import { ISSUING_HELP } from "./issuing-options.ts";
import { ORDER_OPTIONS, readOrder } from "./issuing-order.ts";
import { CLUSTER_HELP } from "./read-clusters.ts";
import { readRoot, ROOT_OPTIONS } from "./root-files.ts";
import { testedSecret, type TestedSecret } from "./secret-place.ts";

const HELP = `interlock renew --cluster NAME --root FILE --root-key FILE [options]

Puts a new issuing CA under the root that the nodes trust already, into the secret that is there. The trust bundle, the
key of join tokens and the cookie stay; nodes get the new chain when they renew, and nothing restarts.

${CLUSTER_HELP}  --root FILE        the root's certificate: NAME.root.pem of interlock init
  --root-key FILE    the root's private key: NAME.root.key, from its offline medium
${PLACE_HELP}${ISSUING_HELP}
  interlock renew --cluster rabbit-prod --store aws \\
    --root /media/offline/rabbit-prod.root.pem --root-key /media/offline/rabbit-prod.root.key
`;

const OPTIONS = {
  ...ORDER_OPTIONS,
  ...ROOT_OPTIONS,
} as const;

export const renew = command({
  summary: "sign a new issuing CA with the offline root",
  help: HELP,
  options: OPTIONS,
  run: async (values, world): Promise<Outcome> => {
    const order = await readOrder(values, world);
    if (!order.ok) return order;
    const { cluster, place, request } = order.value;
    const root = await readRoot(values, world);
    if (!root.ok) return root;
    const present = await readSecret(place, cluster);
    if (!present.ok) return present;
    const renewed = await renewSecret(present.value, root.value, request, cluster);
    if (!renewed.ok) return renewed;
    const stored = await place.replace(renewed.value.text);
    return stored.ok
      ? ok({
          product: "",
          notes: [`${cluster.id} has a new issuing CA, tested and in place: ${place.title}.`],
        })
      : stored;
  },
});

/** Only the issuing CA changes. The trust bundle must hold the root already: nodes that do not trust it would be cut off. */
const renewSecret = async (
  present: string,
  root: CaPair,
  request: IssuingRequest,
  cluster: ClusterDefinition,
): Promise<Result<TestedSecret, Complaint>> => {
  const secret = parseClusterSecret(present);
  if (!secret.ok) return refused(secret.error.detail);
  const issuing = await renewIssuing(root, request);
  if (!issuing.ok) return refused(issuing.error);
  const { certificate, privateKey } = issuing.value;
  const document: ClusterSecret = { ...secret.value, certificate, privateKey };
  const tested = await testedSecret(document, cluster, request.now);
  if (!tested.ok) return tested;
  // A root that was published a moment ago is trusted by some nodes only. A present CA that does not load has nothing to lose.
  const before = await loadSnapshot(present, cluster, request.now);
  return before.ok && before.value.ca.root !== tested.value.snapshot.ca.root ? refused(ANOTHER_ROOT) : tested;
};

const ANOTHER_ROOT =
  "another root signs now, and this one may not have reached every node: interlock rotate --step sign asks them";
