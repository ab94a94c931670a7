import { plainAudience } from "../auth/audience.ts";
import { mintToken } from "../auth/mint-token.ts";
import { sha256Hex, toHex } from "../bytes.ts";
import { loadSnapshot } from "../custody/cluster-secret.ts";
import { readCsr } from "../pki/csr-envelope.ts";
import { formatDuration } from "../policy/duration.ts";
import { parseTokenRequest, type TokenGrant } from "../policy/token-request.ts";
import { ok, type Result } from "../result.ts";
import { command, misused, refused, type Complaint, type Outcome } from "./command.ts";
import { findPlace, PLACE_HELP, PLACE_OPTIONS, readSecret } from "./find-place.ts";
import { CLUSTER_HELP, CLUSTER_OPTIONS, readCluster } from "./read-clusters.ts";
import type { World } from "./world.ts";

const HELP = `interlock token --cluster NAME (--node NODE | --nodes FORM --uses N) --origin URL [options]

Mints a join token from the cluster secret, without a server. The token, and nothing else, goes to stdout.

${CLUSTER_HELP}  --node NODE        the node that may use it: rabbit@mq-1.nodes.example.internal
  --nodes FORM       the nodes that may: rabbit@*.nodes.example.internal, any host one label below the zone
  --uses N           how many of them (default 1)
  --lifetime D       default 1h, at most the definition's maxLifetime
  --csr FILE         only for this CSR
  --jkt THUMBPRINT   only for this key, by its JWK thumbprint (RFC 7638)
  --origin URL       the API's address, as nodes call it (default: PUBLIC_ORIGIN)
${PLACE_HELP}
  interlock token --cluster rabbit-prod --node rabbit@mq-1.nodes.example.internal --origin https://interlock.example.com
`;

const OPTIONS = {
  ...CLUSTER_OPTIONS,
  ...PLACE_OPTIONS,
  node: { type: "string" },
  nodes: { type: "string" },
  uses: { type: "string" },
  lifetime: { type: "string" },
  csr: { type: "string" },
  jkt: { type: "string" },
  origin: { type: "string" },
} as const;

const JTI_BYTES = 16;

export const token = command({
  summary: "mint a join token",
  help: HELP,
  options: OPTIONS,
  run: async (values, world): Promise<Outcome> => {
    const origin = parseOrigin(values.origin ?? world.env["PUBLIC_ORIGIN"]);
    if (!origin.ok) return origin;
    const cluster = await readCluster(values, world);
    if (!cluster.ok) return cluster;
    const csrSha256 = await digestOfCsr(values.csr, world);
    if (!csrSha256.ok) return csrSha256;
    const { node, nodes, lifetime } = values;
    const uses = values.uses === undefined ? undefined : Number(values.uses);
    const grant = parseTokenRequest(
      { node, nodes, uses, lifetime, csrSha256: csrSha256.value, jkt: values.jkt },
      cluster.value,
    );
    if (!grant.ok) return (grant.error.code === "malformed-request" ? misused : refused)(grant.error.detail);
    const place = findPlace(values, cluster.value, world);
    if (!place.ok) return place;
    const secret = await readSecret(place.value, cluster.value);
    if (!secret.ok) return secret;
    const now = world.now();
    const snapshot = await loadSnapshot(secret.value, cluster.value, now);
    if (!snapshot.ok) return refused(snapshot.error.detail);
    const id = toHex(world.random(JTI_BYTES));
    const claims = { ...grant.value, cluster: cluster.value.id, origin: origin.value };
    const text = await mintToken(claims, snapshot.value.tokenKey, now, id);
    return ok({
      product: `${text}\n`,
      notes: notes(grant.value, id, plainAudience(origin.value, cluster.value.id)),
    });
  },
});

/** Scheme and authority alone, as the token's audience begins. */
const parseOrigin = (text: string | undefined): Result<string, Complaint> => {
  if (text === undefined)
    return misused("name the API's address: --origin https://interlock.example.com, or PUBLIC_ORIGIN");
  const url = URL.parse(text);
  const whole =
    url !== null && (url.protocol === "https:" || url.protocol === "http:") && url.origin === text;
  return whole
    ? ok(text)
    : misused("--origin is scheme and host alone, such as https://interlock.example.com");
};

const digestOfCsr = async (
  path: string | undefined,
  world: World,
): Promise<Result<string | undefined, Complaint>> => {
  if (path === undefined) return ok(undefined);
  const bytes = await world.read(path);
  if (bytes === null) return refused(`there is no ${path}`);
  const csr = readCsr(bytes);
  return csr.ok ? ok(await sha256Hex(csr.value)) : refused(`${path}: ${csr.error.detail}`);
};

const notes = (
  { nodes, uses, lifetime, pin }: TokenGrant,
  id: string,
  audience: string,
): readonly string[] => [
  `join token ${id} at ${audience}`,
  `for ${"exact" in nodes ? nodes.exact : `${uses} of ${nodes.form}`}, for ${formatDuration(lifetime)}${pin === null ? "" : `, with that ${"jkt" in pin ? "key" : "CSR"} only`}`,
];
