import { firstAnswer } from "./auth/authenticator.ts";
import type { Principal } from "./auth/principal.ts";
import type { Bundle, BundleRequest, World } from "./bundle-contract.ts";
import { sha256Hex } from "./bytes.ts";
import type { CaSnapshot } from "./custody/snapshot.ts";
import { ANOTHER_KEY } from "./ledger/reservation-checks.ts";
import type { IssuedCertificate, PlannedCertificate, ReserveOutcome } from "./ledger/ledger.ts";
import { verifyCsr, verifyCsrKey, type CsrExpectation } from "./pki/csr.ts";
import { formatGeneralName } from "./pki/general-name.ts";
import type { VerifiedKey } from "./pki/key.ts";
import { lintRecorded } from "./pki/lint.ts";
import { planCertificate, type CertificatePlan } from "./pki/plan.ts";
import { signCertificate } from "./pki/sign.ts";
import type { Grant } from "./policy/grant.ts";
import { renewAfter } from "./policy/renew-time.ts";
import { refuse, type Refusal } from "./refusal.ts";
import { withOptions } from "./render/options.ts";
import type { Rendering } from "./render/renderer.ts";
import { ok, type Result } from "./result.ts";
import { crlsForNode, metSnapshot } from "./revocation-list.ts";

/** The steps of `bundle.ts`, each handing one decision what it needs. */

/** One request on its way: who asks is known, and which CA answers. */
export interface Issuance {
  readonly request: BundleRequest;
  readonly principal: Principal;
  readonly snapshot: CaSnapshot;
  readonly world: World;
}

/** The names of a grant as replies, ledger and events spell them. */
export const namesOf = ({ names }: Grant): readonly string[] => names.map(formatGeneralName);

/** Who asks. Refuses a credential that none of this deployment's authenticators takes. */
export const authenticate = async (
  { cluster, credential, origin, node, csr }: BundleRequest,
  { tokenKey }: CaSnapshot,
  { authenticators, now }: World,
): Promise<Result<Principal, Refusal>> => {
  const context = { cluster, origin, csr, node: node.text, tokenKey, now };
  const answer = await firstAnswer(authenticators, credential, context);
  return (
    answer ?? refuse({ code: "credential-invalid", detail: "this cluster takes no credential of this kind" })
  );
};

/** A credential may be minted for one certification request alone. */
export const checkPinnedCsr = async ({ principal, request }: Issuance): Promise<Result<void, Refusal>> => {
  const { pin } = principal;
  if (pin === null || "jkt" in pin || pin.csrSha256 === (await sha256Hex(request.csr))) return ok(undefined);
  return refuse({
    code: "credential-bound",
    detail: "this token was minted for another certification request",
  });
};

/** Or for one key, whatever request it makes. */
export const checkPinnedKey = async (
  { principal: { pin } }: Pick<Issuance, "principal">,
  key: VerifiedKey,
): Promise<Result<void, Refusal>> => {
  if (pin === null || "csrSha256" in pin) return ok(undefined);
  const { keyThumbprint } = await import("./policy/evidence.ts");
  if (pin.jkt === (await keyThumbprint(key))) return ok(undefined);
  return refuse({
    code: "credential-bound",
    detail: "this token was minted for another key: its cnf.jkt is not this key's JWK thumbprint",
  });
};

export const proveKey = (issuance: Issuance, grant: Grant): Promise<Result<VerifiedKey, Refusal>> =>
  verifyCsr(issuance.request.csr, expectationOf(issuance, grant), issuance.world.proofs);

/** What a dry run says of the key where the names are refused. */
export const proveKeyAlone = (issuance: Issuance, grant: Grant): Promise<Result<VerifiedKey, Refusal>> =>
  verifyCsrKey(issuance.request.csr, expectationOf(issuance, grant));

const expectationOf = (
  { request: { cluster }, snapshot }: Issuance,
  { node, names }: Grant,
): CsrExpectation => ({
  host: node.host.text,
  names,
  keys: cluster.certificate.keys,
  blockedKeys: cluster.certificate.blockedKeys,
  caSpkiSha256: snapshot.ca.spkiSha256,
});

/** The files, and whether a reply in the form that was asked for could carry them. */
export const render = ({ request, snapshot, world }: Issuance, grant: Grant): Result<Rendering, Refusal> => {
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
export const crlsFor = async (
  { request: { cluster, options }, snapshot, world: { ledgerOf, now } }: Issuance,
  { crlFolder }: Rendering,
): Promise<Bundle["crls"]> =>
  crlFolder === null || options.dryRun ? [] : crlsForNode(cluster, snapshot.ca, ledgerOf(cluster.id), now);

/** What could be made now. A refusal goes to the ledger as well: what was made before may still be had. */
export const planFor = (
  { snapshot, world }: Issuance,
  grant: Grant,
  key: VerifiedKey,
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

export const reserve = async (
  { request: { cluster, node, options }, principal, snapshot, world }: Issuance,
  grant: Grant,
  key: VerifiedKey,
  { exclusivePorts }: Pick<Rendering, "exclusivePorts">,
  plan: Result<CertificatePlan, Refusal>,
): Promise<ReserveOutcome> =>
  world.ledgerOf(cluster.id).reserve({
    ...metSnapshot(snapshot, world.now),
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
      namesNode: principal.kind === "token" && "exact" in principal.nodes,
      holder: principal.subject ?? `key:${key.spkiSha256}`,
    },
    early: options.renewNow,
    graceUses: cluster.renewal.graceUses,
    host: node.host.text,
    exclusivePorts,
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
export const certify = async (
  { request: { cluster }, snapshot: { ca }, world }: Issuance,
  plan: Result<CertificatePlan, Refusal>,
  reserved: Reserved,
): Promise<Result<IssuedCertificate, Refusal>> => {
  if (reserved.kind === "replay") return ok(reserved.issued);
  const signed = await signCertificate(
    await lintRecorded(reserved.tbs, ca, plan.ok ? plan.value.linted : null),
  );
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

/** A refusal of a verified credential is an event; a lost event must not turn a clear refusal into a fault. A dry run leaves none. */
export const rememberRefusal = async (
  refusal: Refusal,
  { request, principal, world }: Issuance,
): Promise<void> => {
  const alarm = refusal.cause === ANOTHER_KEY;
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
