import { REVOKED } from "../auth/possession.ts";
import { isAfterExpiry } from "../auth/principal.ts";
import type { Refusal } from "../refusal.ts";
import type { ReserveRequest } from "./ledger.ts";
import { integer, text, textOrNull, type Row, type Sql } from "./sql.ts";

/** What the ledger knows that bears on a renewal: read at the same moment as everything else that `reserve` decides by. */
export interface RenewalView {
  /** The certificate whose key made the proof. */
  readonly signer: "unknown" | "revoked" | "good";
  /** The live certificate that holds the node's name. */
  readonly lease: { readonly serial: string; readonly spkiSha256: string; readonly holder: string } | null;
  /** Renewals after expiry since the node last had a certificate in another way; 0 where this is none. */
  readonly graceUsed: number;
}

/** `null`: the request is no renewal. */
export const renewalViewOf = (sql: Sql, { credential, node, now }: ReserveRequest): RenewalView | null => {
  const { binding } = credential;
  if (binding.kind !== "possession") return null;
  const row = sql.exec(RENEWAL, binding.serial, node, now, isAfterExpiry(binding) ? 1 : 0).one();
  const leaseSerial = textOrNull(row, "lease_serial");
  return {
    signer: row["signer_is_good"] === null ? "unknown" : row["signer_is_good"] === 1 ? "good" : "revoked",
    lease: leaseSerial === null ? null : { serial: leaseSerial, ...leaseOf(row) },
    graceUsed: integer(row, "grace_used"),
  };
};

const leaseOf = (row: Row): { readonly holder: string; readonly spkiSha256: string } => ({
  holder: text(row, "lease_holder"),
  spkiSha256: text(row, "lease_spki_sha256"),
});

/** One statement, as `STANDING` is. A node's past is counted where it counts: for a renewal after expiry. */
const RENEWAL = `SELECT
  (SELECT revoked_at IS NULL FROM certificate WHERE serial = ?1 AND node = ?2 AND issued_at IS NOT NULL) AS signer_is_good,
  held.serial AS lease_serial, lease.holder AS lease_holder, held.spki_sha256 AS lease_spki_sha256,
  CASE WHEN ?4 THEN (SELECT count(*) FROM certificate WHERE node = ?2 AND after_expiry = 1
    AND id > (SELECT coalesce(max(id), 0) FROM certificate WHERE node = ?2 AND after_expiry = 0)) ELSE 0 END AS grace_used
  FROM (SELECT 1) LEFT JOIN lease ON lease.node = ?2 AND lease.until >= ?3
  LEFT JOIN certificate AS held ON held.serial = lease.serial`;

/**
 * Why the ledger says no to a renewal, or `null`. The name must still be the signer's: held by its key, or by the key that asks
 * (its answer was lost), or by nobody. A certificate that another key has superseded may be a thief's copy.
 */
export const refuseRenewalOf = (
  { credential: { binding }, spkiSha256 }: ReserveRequest,
  { signer, lease }: RenewalView,
): Refusal | null => {
  if (binding.kind !== "possession") return null;
  if (signer === "unknown") return GONE;
  if (signer === "revoked") return REVOKED;
  const mine = lease === null || [binding.spkiSha256, spkiSha256].includes(lease.spkiSha256);
  return mine ? null : superseded(lease.serial);
};

/** Counted only where a new certificate would be made: a retry of what was granted costs nothing. */
export const refuseGrace = (request: ReserveRequest, { graceUsed }: RenewalView): Refusal | null =>
  isAfterExpiry(request.credential.binding) && graceUsed >= request.graceUses ? GRACE_SPENT : null;

/** An identity that outlives its keys goes on holding the name; otherwise the new key takes it over from the old one. */
export const holderAfter = ({ credential }: ReserveRequest, view: RenewalView | null): string => {
  const held = view?.lease?.holder;
  return held === undefined || held.startsWith("key:") ? credential.holder : held;
};

const GONE: Refusal = {
  code: "renewal-refused",
  detail: "this certificate is not in the ledger for this node: use a join token",
};

const GRACE_SPENT: Refusal = {
  code: "credential-expired",
  detail:
    "this certificate has expired, and the node has used up the cluster's graceUses: ask the administrator for a join token",
};

const superseded = (serial: string): Refusal => ({
  code: "node-held-by-another",
  detail: `this certificate no longer holds the node's name, serial ${serial} does with another key: renew with that one; if it is not yours, have it revoked and ask for a join token`,
});
