import type { Bundle, BundleRequest, World } from "./bundle-contract.ts";
import {
  authenticate,
  checkPinnedCsr,
  checkPinnedKey,
  crlsFor,
  namesOf,
  proveKey,
  rememberRefusal,
  render,
  type Issuance,
} from "./bundle-steps.ts";
import { certify, planFor, recall, reserve } from "./certificate-steps.ts";
import { caWarnings, renewalWarnings } from "./bundle-warnings.ts";
import { explainedToStrangers } from "./explain.ts";
import { decide } from "./policy/decide.ts";
import { fitNames } from "./policy/fit-names.ts";
import { refuseRenewal } from "./policy/renewal.ts";
import { refuse, type Refusal } from "./refusal.ts";
import { applyTo } from "./render/apply.ts";
import { ok, type Result } from "./result.ts";

/**
 * The main job: a bundle for one node. The column of steps is the order of the promises: what can refuse comes before
 * what changes, and nothing is signed that is not recorded (docs/issuance.md).
 */
export const issueBundle = async (request: BundleRequest, world: World): Promise<Result<Bundle, Refusal>> => {
  const issuance = await begin(request, world);
  if (!issuance.ok) return request.options.dryRun ? refuse(explainedToStrangers(issuance.error)) : issuance;
  const bundle = await issue(issuance.value);
  if (bundle.ok) return bundle;
  if (request.options.dryRun) {
    const { explained } = await import("./dry-run.ts");
    return refuse(await explained(bundle.error, issuance.value));
  }
  await rememberRefusal(bundle.error, issuance.value);
  return bundle;
};

const begin = async (request: BundleRequest, world: World): Promise<Result<Issuance, Refusal>> => {
  const snapshot = await world.custody.snapshot(request.cluster, world.now);
  if (!snapshot.ok) return snapshot;
  const principal = await authenticate(request, snapshot.value, world);
  return principal.ok
    ? ok({ request, principal: principal.value, snapshot: snapshot.value, world })
    : principal;
};

const issue = async (issuance: Issuance): Promise<Result<Bundle, Refusal>> => {
  const { request, principal, snapshot, world } = issuance;
  const granted = decide(principal, request.cluster, request.node, request.options.lifetime);
  if (!granted.ok) return granted;
  const notRenewed = refuseRenewal(principal, request.cluster, request.options.renewNow);
  if (notRenewed !== null) return refuse(notRenewed);
  const grant = fitNames(granted.value, snapshot.ca);
  const pinnedCsr = await checkPinnedCsr(issuance);
  if (!pinnedCsr.ok) return pinnedCsr;
  const key = await proveKey(issuance, grant);
  if (!key.ok) return key;
  const pinnedKey = await checkPinnedKey(issuance, key.value);
  if (!pinnedKey.ok) return pinnedKey;
  const rendering = render(issuance, grant);
  if (!rendering.ok) return rendering;
  const crls = await crlsFor(issuance, rendering.value);
  const application = {
    issuance,
    grant,
    key: key.value,
    exclusivePorts: rendering.value.exclusivePorts,
  };
  const reserved = (await recall(application)) ?? (await reserve(application, await planFor(application)));
  if (reserved.kind === "refused") return refuse(reserved.refusal);
  const certificate = request.options.dryRun ? ok(null) : await certify(application, reserved);
  if (!certificate.ok) return certificate;
  return ok({
    cluster: request.cluster.id,
    product: request.cluster.product,
    node: request.node,
    rendering: rendering.value,
    apply: await applyTo(rendering.value, {
      have: request.options.have,
      running: principal.binding.kind === "possession",
    }),
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
