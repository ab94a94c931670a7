import { WAITING_STEPS, type WaitingStep } from "../ledger/rotation.ts";
import type { ClusterDefinition } from "../policy/definition.ts";
import { ok, type Result } from "../result.ts";
import { holdRootCeremony } from "./ceremony.ts";
import { API_HELP, API_OPTIONS } from "./api.ts";
import { command, misused, refused, type Complaint, type Outcome } from "./command.ts";
import { PLACE_HELP, readSecret } from "./find-place.ts";
import { sizeNotes } from "./init-notes.ts";
import { ISSUING_HELP } from "./issuing-options.ts";
import { ORDER_OPTIONS, readOrder, type IssuingOrder } from "./issuing-order.ts";
import { CLUSTER_HELP } from "./read-clusters.ts";
import { NEW_ROOT_OPTIONS, rootRequest, storeWithRoot, type NewRootValues } from "./new-root.ts";
import { NEVERTHELESS, obstaclesTo } from "./obstacles.ts";
import { readRoot, ROOT_OPTIONS, type RootValues } from "./root-files.ts";
import { loadPresent, publishRoot, retireRoots, signUnder, type PresentSecret } from "./rotation.ts";
import type { World } from "./world.ts";

const HELP = `interlock rotate --cluster NAME --step publish|sign|retire [options]

Replaces the root of a cluster while its nodes run, in three steps. Between two of them every node has to call the API,
which is asked who has not; a step that would cut a live node off is refused, and the nodes are named.

  publish            makes a new root and lets nodes trust it beside the old one
  sign               an issuing CA under the new root takes over: --root FILE --root-key FILE
  retire             the old root leaves

For a new issuing CA under the same root: interlock renew, and nothing else.

${CLUSTER_HELP}  --step STEP        publish, sign or retire
${API_HELP}${PLACE_HELP}  --out DIR          publish: where NAME.root.pem and NAME.root.key of the new root go (default: here)
  --root-lifetime D  publish: of the new root (default 3650d)
  --root FILE        sign: the new root's certificate
  --root-key FILE    sign: the new root's private key, from its offline medium
${ISSUING_HELP}  --force            sign, retire: go on although nodes would be cut off; says which

  interlock rotate --cluster rabbit-prod --store aws --step publish --out /media/offline/2027
  interlock rotate --cluster rabbit-prod --store aws --step sign --url https://interlock.example.com \\
    --root /media/offline/2027/rabbit-prod.root.pem --root-key /media/offline/2027/rabbit-prod.root.key
  interlock rotate --cluster rabbit-prod --store aws --step retire --url https://interlock.example.com
`;

const STEPS = ["publish", ...WAITING_STEPS] as const;

const OPTIONS = {
  ...ORDER_OPTIONS,
  ...ROOT_OPTIONS,
  ...API_OPTIONS,
  ...NEW_ROOT_OPTIONS,
  step: { type: "string" },
  force: { type: "boolean", default: false },
} as const;

interface Values extends NewRootValues, RootValues {
  readonly url?: string | undefined;
  readonly force: boolean;
}

export const rotate = command({
  summary: "replace the root while the nodes run",
  help: HELP,
  options: OPTIONS,
  run: async (values, world): Promise<Outcome> => {
    const step = STEPS.find((known) => known === values.step);
    if (step === undefined) return misused("--step is publish, sign or retire");
    const order = await readOrder(values, world);
    if (!order.ok) return order;
    const present = await readPresent(order.value);
    if (!present.ok) return present;
    if (step === "publish") return await publish(values, order.value, present.value, world);
    return await goOn(step, values, order.value, present.value, world);
  },
});

const readPresent = async ({
  cluster,
  place,
  request,
}: IssuingOrder): Promise<Result<PresentSecret, Complaint>> => {
  const text = await readSecret(place, cluster);
  return text.ok ? await loadPresent(text.value, cluster, request.now) : text;
};

/** Nobody is cut off by a root more, so nobody is asked. The root is kept first, as `interlock init` does it. */
const publish = async (
  values: Values,
  { cluster, place, request }: IssuingOrder,
  present: PresentSecret,
  world: World,
): Promise<Outcome> => {
  const ceremony = rootRequest(values, request);
  if (!ceremony.ok) return ceremony;
  const root = await holdRootCeremony(ceremony.value);
  const secret = await publishRoot(present, root, cluster, request.now);
  if (!secret.ok) return secret;
  const { out } = values;
  const files = await storeWithRoot(
    { root, secret: secret.value, cluster, out, store: place.replace },
    world,
  );
  if (!files.ok) return files;
  return ok({ product: "", notes: [...NOTES.publish(cluster), ...sizeNotes(secret.value.text)] });
};

/** A step that some node might not survive: made and tested, then put to the API's question, then stored. */
const goOn = async (
  step: WaitingStep,
  values: Values,
  { cluster, place, request }: IssuingOrder,
  present: PresentSecret,
  world: World,
): Promise<Outcome> => {
  const root = step === "sign" ? await readRoot(values, world) : ok(null);
  if (!root.ok) return root;
  const secret =
    root.value === null
      ? await retireRoots(present, cluster, request.now)
      : await signUnder(present, root.value, request, cluster);
  if (!secret.ok) return secret;
  const question = { url: values.url, cluster: cluster.id, step, root: secret.value.snapshot.ca.root };
  const obstacles = await obstaclesTo(question, world);
  if (obstacles.length > 0 && !values.force) return refused(...obstacles, NEVERTHELESS[step]);
  const stored = await place.replace(secret.value.text);
  if (!stored.ok) return stored;
  const forced = obstacles.length === 0 ? [] : ["Forced, although:", ...obstacles, NEVERTHELESS[step]];
  return ok({ product: "", notes: [...NOTES[step](cluster), ...forced] });
};

const NOTES = {
  publish: ({ id }) => [
    `The nodes of ${id} get the new root beside the old one, at their next call. Keep its key offline, as the old one's.`,
    `Next, when all have called: interlock rotate --cluster ${id} --step sign`,
  ],
  sign: ({ id }) => [
    `Certificates of ${id} are under the new root from now on. Nodes get theirs when they renew.`,
    `Next, when all have renewed: interlock rotate --cluster ${id} --step retire`,
  ],
  retire: ({ id }) => [
    `The old root of ${id} has left: nodes stop trusting it at their next call. Destroy its key.`,
  ],
} as const satisfies Record<(typeof STEPS)[number], (cluster: ClusterDefinition) => readonly string[]>;
