import type { Principal } from "../auth/principal.ts";
import type { Refusal } from "../refusal.ts";
import type { ClusterDefinition } from "./definition.ts";

/**
 * What today's definition says of a renewal, beyond what it says of every certificate. `early` is the caller's wish for a new
 * certificate before the recorded one is due. `null`: nothing against it.
 */
export const refuseRenewal = (
  { binding }: Principal,
  { certificate, renewal }: Pick<ClusterDefinition, "certificate" | "renewal">,
  early: boolean,
): Refusal | null => {
  if (binding.kind !== "possession") return early ? EARLY_NEEDS_PROOF : null;
  if (certificate.blockedKeys.has(binding.spkiSha256)) return BLOCKED;
  if (binding.lapsedSeconds <= renewal.graceAfterExpiry) return null;
  return renewal.graceAfterExpiry === 0 ? EXPIRED : PAST_GRACE;
};

/** A retry of the same call must not make another certificate: the proof has a digest to know it by, a token has not. */
const EARLY_NEEDS_PROOF: Refusal = {
  code: "option-invalid",
  field: "renew",
  detail:
    "renew=now needs the CMS proof of the node's own certificate; with a token, send a CSR of a new key",
};

const BLOCKED: Refusal = {
  code: "renewal-refused",
  detail: "the key of this certificate is blocked: ask the administrator for a join token and make a new key",
};

const EXPIRED: Refusal = {
  code: "credential-expired",
  detail:
    "this certificate has expired, and this cluster renews none after its end: ask the administrator for a join token",
};

const PAST_GRACE: Refusal = {
  code: "credential-expired",
  detail:
    "this certificate expired longer ago than this cluster's graceAfterExpiry: ask the administrator for a join token",
};
