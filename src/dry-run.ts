import {
  checkPinnedCsr,
  checkPinnedKey,
  proveKey,
  proveKeyAlone,
  render,
  type Issuance,
} from "./bundle-steps.ts";
import { planFor, reserve } from "./certificate-steps.ts";
import { failed, inOrder, passed } from "./explain.ts";
import { RESERVATION_CHECKS } from "./ledger/decide-reservation.ts";
import type { VerifiedKey } from "./pki/key.ts";
import { grantOf, nodeChecks, refuseLifetime } from "./policy/decide.ts";
import { fitNames } from "./policy/fit-names.ts";
import type { Grant } from "./policy/grant.ts";
import { refuseRenewal } from "./policy/renewal.ts";
import { refuse, type Check, type Refusal } from "./refusal.ts";
import type { Rendering } from "./render/renderer.ts";
import type { Result } from "./result.ts";

/**
 * A dry run's refusal, with what every other check says by itself. Only who has proved a credential is told so much, and the ledger is
 * asked only about a node that this credential is for: nobody learns here who holds another's name. Nothing is written.
 */
export const explained = async (refusal: Refusal, issuance: Issuance): Promise<Refusal> => ({
  ...refusal,
  checks: inOrder([...KNOWN, ...(await checksOf(issuance))], NOT_MADE),
});

/** Who is explained to has come so far. */
const KNOWN = passed("ca-can-sign", "credential-is-valid", "within-rate-limit");

const NOT_MADE =
  "not made: it needs a node that the cluster and the credential allow, an acceptable CSR and possible options";

const checksOf = async (issuance: Issuance): Promise<readonly Check[]> => {
  const { request, principal, snapshot } = issuance;
  const { cluster, node, options } = request;
  const ofNode = nodeChecks(principal, cluster, node);
  const isOurs = ofNode.every(({ pass }) => pass === true);
  const grant = fitNames(grantOf(cluster, node, options.lifetime), snapshot.ca);
  const csr = await csrChecks(issuance, grant, isOurs);
  const rendering = render(issuance, grant);
  const [renewal, impossible] = renewalOrOption(issuance, rendering);
  return [
    ...ofNode.flatMap(({ name, pass }) => (pass === true ? passed(name) : failed(name, NOT_OURS))),
    ...failed("may-renew", renewal),
    ...(principal.binding.kind === "possession" ? [] : passed("may-renew")),
    ...failed("credential-is-free", await refusePinned(issuance, csr.key)),
    ...csr.checks,
    ...(impossible === null ? passed("options-are-possible") : failed("options-are-possible", impossible)),
    ...(isOurs && csr.key !== null
      ? await ledgerChecks(issuance, grant, csr.key, rendering, impossible)
      : []),
  ];
};

const NOT_OURS: Refusal = {
  code: "node-not-allowed",
  detail: "the node name of the request is not one that this allows",
};

const errorOf = <T>(result: Result<T, Refusal>): Refusal | null => (result.ok ? null : result.error);

const refusePinned = async (issuance: Issuance, key: VerifiedKey | null): Promise<Refusal | null> => {
  const csr = await checkPinnedCsr(issuance);
  return csr.ok && key !== null ? errorOf(await checkPinnedKey(issuance, key)) : errorOf(csr);
};

/** `renew=now` without a proof is a wrong option, and no word about the renewal. */
const renewalOrOption = (
  { request: { cluster, options }, principal }: Issuance,
  rendering: Result<Rendering, Refusal>,
): readonly [renewal: Refusal | null, option: Refusal | null] => {
  const renewal = refuseRenewal(principal, cluster, options.renewNow);
  const isOption = renewal?.code === "option-invalid";
  const option = refuseLifetime(cluster, options.lifetime) ?? errorOf(rendering);
  return isOption ? [null, renewal] : [renewal, option];
};

interface CsrFindings {
  readonly checks: readonly Check[];
  /** Proved, whatever names were asked for beside it. */
  readonly key: VerifiedKey | null;
}

/** The names of a node that the credential is not for are not compared with. */
const csrChecks = async (issuance: Issuance, grant: Grant, isOurs: boolean): Promise<CsrFindings> => {
  const alone = await proveKeyAlone(issuance, grant);
  if (!alone.ok) return { checks: failed("csr-is-acceptable", alone.error), key: null };
  const whole = isOurs ? await proveKey(issuance, grant) : null;
  const wish = whole === null ? null : errorOf(whole);
  const name = wish?.code === "name-not-allowed" ? "csr-names-are-granted" : "csr-is-acceptable";
  return {
    key: alone.value,
    checks: [
      ...failed(name, wish),
      ...passed("csr-is-acceptable", ...(whole?.ok === true ? ["csr-names-are-granted"] : [])),
    ],
  };
};

/** Without its options, nobody knows the node's ports and what could be made. */
const ledgerChecks = async (
  issuance: Issuance,
  grant: Grant,
  key: VerifiedKey,
  rendering: Result<Rendering, Refusal>,
  impossible: Refusal | null,
): Promise<readonly Check[]> => {
  const exclusivePorts = rendering.ok ? rendering.value.exclusivePorts : [];
  const application = { issuance, grant, key, exclusivePorts };
  const plan = impossible === null ? await planFor(application) : refuse(impossible);
  const outcome = await reserve(application, plan);
  const checks = outcome.kind === "refused" ? (outcome.refusal.checks ?? []) : passed(...RESERVATION_CHECKS);
  return impossible === null ? checks : checks.filter(({ name }) => !NEED_OPTIONS.has(name));
};

const NEED_OPTIONS: ReadonlySet<string> = new Set(["port-is-free", "certificate-can-be-made"]);
