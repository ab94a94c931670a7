import { firstAnswer } from "./auth/authenticator.ts";
import type { Principal } from "./auth/principal.ts";
import type { Bundle, BundleRequest, World } from "./bundle-contract.ts";
import { sha256Hex } from "./bytes.ts";
import type { CaSnapshot } from "./custody/snapshot.ts";
import { ANOTHER_KEY } from "./ledger/reservation-checks.ts";
import { verifyCsr, verifyCsrKey, type CsrExpectation } from "./pki/csr.ts";
import { formatGeneralName } from "./pki/general-name.ts";
import type { VerifiedKey } from "./pki/key.ts";
import type { Grant } from "./policy/grant.ts";
import { refuse, type Refusal } from "./refusal.ts";
import { withOptions } from "./render/options.ts";
import type { Rendering } from "./render/renderer.ts";
import { ok, type Result } from "./result.ts";
import { crlsForNode } from "./revocation-list.ts";

/** The steps of `bundle.ts` up to the certificate, and after it, each handing one decision what it needs. */

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
