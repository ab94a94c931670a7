import type { Principal } from "./auth/principal.ts";
import type { Bundle, BundleRequest, World } from "./bundle-contract.ts";
import { caWarnings, renewalWarnings } from "./bundle-warnings.ts";
import { sha256Hex } from "./bytes.ts";
import type { CaSnapshot } from "./custody/snapshot.ts";
import type { IssuedCertificate, ReserveOutcome } from "./ledger/ledger.ts";
import { verifyCsr } from "./pki/csr.ts";
import { formatGeneralName } from "./pki/general-name.ts";
import type { VerifiedKey } from "./pki/key.ts";
import { planCertificate, type CertificatePlan } from "./pki/plan.ts";
import { signCertificate } from "./pki/sign.ts";
import { decide } from "./policy/decide.ts";
import type { Grant } from "./policy/grant.ts";
import { fitNames } from "./policy/fit-names.ts";
import { refuseRenewal } from "./policy/renewal.ts";
import { renewAfter } from "./policy/renew-time.ts";
import { refuse, type Refusal } from "./refusal.ts";
import { withOptions } from "./render/options.ts";
import type { Rendering } from "./render/renderer.ts";
import { ok, type Result } from "./result.ts";
import { crlIssuer } from "./revocation-list.ts";

/**
 * The main job: a bundle for one node. The column of steps is the order of the promises: what can refuse comes before
 * what changes, and nothing is signed that is not recorded (docs/issuance.md).
 */
export const issueBundle = async (request: BundleRequest, world: World): Promise<Result<Bundle, Refusal>> => {
  const snapshot = await world.custody.snapshot(request.cluster, world.now);
  if (!snapshot.ok) return snapshot;
  const principal = await authenticate(request, snapshot.value, world);
  if (!principal.ok) return principal;
  const bundle = await issueTo(principal.value, request, snapshot.value, world);
  if (!bundle.ok && !request.options.dryRun)
    await rememberRefusal(bundle.error, principal.value, request, world);
  return bundle;
};

const issueTo = async (
  principal: Principal,
  request: BundleRequest,
  snapshot: CaSnapshot,
  world: World,
): Promise<Result<Bundle, Refusal>> => {
  const granted = decide(principal, request.cluster, request.node, request.options.lifetime);
  if (!granted.ok) return granted;
  const notRenewed = refuseRenewal(principal, request.cluster, request.options.renewNow);
  if (notRenewed !== null) return refuse(notRenewed);
  const grant = fitNames(granted.value, snapshot.ca);
  const pinned = await checkPin(principal, request.csr);
  if (!pinned.ok) return pinned;
  const key = await proveKey(request, grant, snapshot);
  if (!key.ok) return key;
  const rendering = render(request, grant, snapshot, world);
  if (!rendering.ok) return rendering;
  const plan = await planFor(grant, key.value, snapshot, world);
  if (!plan.ok) return plan;
  const reserved = await reserve(plan.value, principal, request, rendering.value, snapshot, world);
  if (reserved.kind === "refused") return refuse(reserved.refusal);
  const certified = request.options.dryRun
    ? ok(null)
    : await certify(reserved, plan.value, snapshot, request, world);
  if (!certified.ok) return certified;
  const certificate = certified.value;
  return ok({
    cluster: request.cluster.id,
    product: request.cluster.product,
    node: request.node,
    rendering: rendering.value,
    certificate,
    names: certificate?.names ?? plan.value.names.map(formatGeneralName),
    caBundle: snapshot.ca.trustBundlePem,
    caGeneration: reserved.caGeneration,
    warnings: [
      ...rendering.value.warnings,
      ...caWarnings(granted.value, grant, snapshot, world.now),
      ...renewalWarnings(principal),
    ],
    replay: reserved.kind !== "fresh",
  });
};

const authenticate = async (
  request: BundleRequest,
  snapshot: CaSnapshot,
  world: World,
): Promise<Result<Principal, Refusal>> => {
  const { cluster, credential, origin, node, csr } = request;
  for (const authenticator of world.authenticators) {
    const answer = await authenticator.authenticate(credential, {
      cluster,
      origin,
      csr,
      node: node.text,
      tokenKey: snapshot.tokenKey,
      now: world.now,
    });
    if (answer !== null) return answer;
  }
  return refuse({ code: "credential-invalid", detail: "this cluster takes no credential of this kind" });
};

const checkPin = async (
  { csrSha256 }: Principal,
  csr: Uint8Array<ArrayBuffer>,
): Promise<Result<void, Refusal>> => {
  if (csrSha256 === null || csrSha256 === (await sha256Hex(csr))) return ok(undefined);
  return refuse({
    code: "credential-bound",
    detail: "this token was minted for another certification request",
  });
};

const proveKey = (
  { csr, cluster }: BundleRequest,
  grant: Grant,
  snapshot: CaSnapshot,
): Promise<Result<VerifiedKey, Refusal>> =>
  verifyCsr(csr, {
    host: grant.node.host.text,
    names: grant.names,
    keys: cluster.certificate.keys,
    blockedKeys: cluster.certificate.blockedKeys,
    caSpkiSha256: snapshot.ca.spkiSha256,
  });

const render = (
  request: BundleRequest,
  grant: Grant,
  snapshot: CaSnapshot,
  world: World,
): Result<Rendering, Refusal> => {
  const settings = withOptions(request.cluster.render, request.options);
  if (!settings.ok) return settings;
  return world.rendererFor(request.cluster.product).render({
    node: request.node,
    settings: settings.value,
    portOffset: request.options.portOffset,
    wildcard: grant.names.some((name) => name.value.startsWith("*.")),
    cookie: settings.value.cookie ? snapshot.cookie : null,
  });
};

const planFor = (
  grant: Grant,
  key: VerifiedKey,
  snapshot: CaSnapshot,
  world: World,
): Promise<Result<CertificatePlan, Refusal>> =>
  planCertificate({
    names: grant.names,
    host: grant.node.host.text,
    lifetime: grant.lifetime,
    key,
    ca: snapshot.ca,
    now: world.now,
    random: world.random,
  });

const reserve = async (
  plan: CertificatePlan,
  principal: Principal,
  { cluster, node, options }: BundleRequest,
  rendering: Rendering,
  snapshot: CaSnapshot,
  world: World,
): Promise<ReserveOutcome> => {
  const renewal = renewAfter(cluster, node.text, plan.notBefore, plan.notAfter);
  return world.ledgerOf(cluster.id).reserve({
    now: world.now,
    node: node.text,
    plan: { ...plan, names: plan.names.map(formatGeneralName), renewAfter: renewal },
    credential: {
      kind: principal.kind,
      id: principal.id,
      uses: principal.uses,
      binding: principal.binding,
      expiresAt: principal.expiresAt,
      mayBind: !principal.expired,
      namesNode: principal.subject === null && "exact" in principal.nodes,
      holder: principal.subject ?? `key:${plan.spkiSha256}`,
    },
    early: options.renewNow,
    graceUses: cluster.renewal.graceUses,
    snapshotId: snapshot.id,
    issuer: crlIssuer(snapshot.ca),
    host: node.host.text,
    exclusivePorts: rendering.exclusivePorts,
    dryRun: options.dryRun,
  });
};

type Reserved = Exclude<ReserveOutcome, { kind: "refused" }>;

/** Signs what was reserved, or takes what was recorded: the ledger's word is what leaves. */
const certify = async (
  reserved: Reserved,
  plan: CertificatePlan,
  { ca }: CaSnapshot,
  { cluster }: BundleRequest,
  world: World,
): Promise<Result<IssuedCertificate, Refusal>> => {
  if (reserved.kind === "replay") return ok(reserved.issued);
  const { serial, tbs } = reserved.kind === "finish" ? reserved : plan;
  const signed = await signCertificate(tbs, ca);
  const issued = await world.ledgerOf(cluster.id).complete({
    now: world.now,
    serial,
    sha256: signed.sha256,
    chain: signed.pem + ca.chainPem,
  });
  return issued === null
    ? refuse({ code: "revoked", detail: "the node was revoked while its certificate was being made" })
    : ok(issued);
};

/** A refusal of a verified credential is an event; a lost event must not turn a clear refusal into a fault. */
const rememberRefusal = async (
  refusal: Refusal,
  principal: Principal,
  request: BundleRequest,
  world: World,
): Promise<void> => {
  const kind = refusal.code === "credential-bound" ? "refused-bound" : "refused";
  const event = {
    now: world.now,
    kind,
    actor: principal.id,
    node: request.node.text,
    detail: refusal.code,
  } as const;
  await world
    .ledgerOf(request.cluster.id)
    .note(event)
    .catch(() => undefined);
};
