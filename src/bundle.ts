import type { Principal } from "./auth/principal.ts";
import type { Bundle, BundleRequest, World } from "./bundle-contract.ts";
import { caWarnings, renewalWarnings } from "./bundle-warnings.ts";
import { sha256Hex } from "./bytes.ts";
import type { CaSnapshot } from "./custody/snapshot.ts";
import type { IssuedCertificate, PlannedCertificate, ReserveOutcome } from "./ledger/ledger.ts";
import { ANOTHER_KEY } from "./ledger/decide-reservation.ts";
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
import { crlIssuer, crlsForNode } from "./revocation-list.ts";

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
  if (!bundle.ok) await rememberRefusal(bundle.error, principal.value, request, world);
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
  const crls = await crlsFor(request, rendering.value, snapshot, world);
  const reserved = await reserve(
    plan,
    key.value,
    grant,
    principal,
    request,
    rendering.value,
    snapshot,
    world,
  );
  if (reserved.kind === "refused") return refuse(reserved.refusal);
  const certificate = request.options.dryRun ? ok(null) : await certify(reserved, snapshot, request, world);
  if (!certificate.ok) return certificate;
  return ok({
    cluster: request.cluster.id,
    product: request.cluster.product,
    node: request.node,
    rendering: rendering.value,
    certificate: certificate.value,
    names: certificate.value?.names ?? namesOf(grant),
    caBundle: snapshot.ca.trustBundlePem,
    caGeneration: reserved.caGeneration,
    crls,
    warnings: [
      ...rendering.value.warnings,
      ...caWarnings(granted.value, grant, snapshot, world.now),
      ...renewalWarnings(principal),
    ],
    replay: certificate.value !== null && reserved.kind !== "fresh",
  });
};

const namesOf = ({ names }: Grant): readonly string[] => names.map(formatGeneralName);

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
  const rendering = world.rendererFor(request.cluster.product).render({
    node: request.node,
    settings: settings.value,
    portOffset: request.options.portOffset,
    wildcard: grant.names.some((name) => name.value.startsWith("*.")),
    cookie: settings.value.cookie ? snapshot.cookie : null,
  });
  const unwritable = rendering.ok ? request.refuseForm(rendering.value) : null;
  return unwritable === null ? rendering : refuse(unwritable);
};

/** Where nodes check revocation. A dry run leaves them out: it signs nothing. */
const crlsFor = async (
  { cluster, options }: BundleRequest,
  { crlFolder }: Rendering,
  { ca }: CaSnapshot,
  { ledgerOf, now }: World,
): Promise<Bundle["crls"]> =>
  crlFolder === null || options.dryRun ? [] : crlsForNode(ca, ledgerOf(cluster.id), now);

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
  plan: Result<CertificatePlan, Refusal>,
  key: VerifiedKey,
  grant: Grant,
  principal: Principal,
  { cluster, node, options }: BundleRequest,
  rendering: Rendering,
  snapshot: CaSnapshot,
  world: World,
): Promise<ReserveOutcome> =>
  world.ledgerOf(cluster.id).reserve({
    now: world.now,
    node: node.text,
    spkiSha256: key.spkiSha256,
    names: namesOf(grant),
    plan: plan.ok ? ok(planned(plan.value, grant)) : plan,
    credential: {
      kind: principal.kind,
      id: principal.id,
      uses: principal.uses,
      binding: principal.binding,
      expiresAt: principal.expiresAt,
      mayBind: !principal.expired,
      namesNode: principal.subject === null && "exact" in principal.nodes,
      holder: principal.subject ?? `key:${key.spkiSha256}`,
    },
    early: options.renewNow,
    graceUses: cluster.renewal.graceUses,
    snapshotId: snapshot.id,
    root: snapshot.ca.root,
    trustedRoots: snapshot.ca.trustedRoots,
    issuer: crlIssuer(snapshot.ca),
    host: node.host.text,
    exclusivePorts: rendering.exclusivePorts,
    dryRun: options.dryRun,
  });

const planned = (
  { serial, notBefore, notAfter, tbs }: CertificatePlan,
  { cluster, node }: Grant,
): PlannedCertificate => ({
  serial,
  notBefore,
  notAfter,
  renewAfter: renewAfter(cluster, node.text, notBefore, notAfter),
  tbs,
});

type Reserved = Exclude<ReserveOutcome, { kind: "refused" }>;

/** Signs what was reserved, or takes what was recorded: the ledger's word is what leaves. */
const certify = async (
  reserved: Reserved,
  { ca }: CaSnapshot,
  { cluster }: BundleRequest,
  world: World,
): Promise<Result<IssuedCertificate, Refusal>> => {
  if (reserved.kind === "replay") return ok(reserved.issued);
  const signed = await signCertificate(reserved.tbs, ca);
  const issued = await world.ledgerOf(cluster.id).complete({
    now: world.now,
    serial: reserved.serial,
    sha256: signed.sha256,
    chain: signed.pem + ca.chainPem,
  });
  return issued === null
    ? refuse({ code: "revoked", detail: "the node was revoked while its certificate was being made" })
    : ok(issued);
};

/**
 * A refusal of a verified credential is an event; a lost event must not turn a clear refusal into a fault. A dry run leaves no event,
 * unless somebody tries out a stolen credential.
 */
const rememberRefusal = async (
  refusal: Refusal,
  principal: Principal,
  request: BundleRequest,
  world: World,
): Promise<void> => {
  const alarm = refusal.cause === ANOTHER_KEY;
  if (request.options.dryRun && !alarm) return;
  await world
    .ledgerOf(request.cluster.id)
    .note({
      now: world.now,
      kind: alarm ? "refused-bound" : "refused",
      actor: principal.id,
      node: request.node.text,
      detail: refusal.code,
    })
    .catch(() => undefined);
};
