import { REVOKED } from "../auth/possession.ts";
import { isAfterExpiry } from "../auth/principal.ts";
import type { Refusal } from "../refusal.ts";
import type { ReserveRequest } from "./ledger.ts";
import { firstRow, integer, text, type Sql } from "./sql.ts";

/** What the ledger knows that bears on a renewal: read in the same transaction as everything else that `reserve` decides by. */
export interface RenewalView {
  /** The certificate whose key made the proof. */
  readonly signer: "unknown" | "revoked" | "good";
  /** The live certificate that holds the node's name. */
  readonly lease: { readonly serial: string; readonly spkiSha256: string; readonly holder: string } | null;
  /** Renewals after expiry since the node last had a certificate in another way. */
  readonly graceUsed: number;
}

/** `null`: the request is no renewal. */
export const renewalViewOf = (sql: Sql, { credential, node, now }: ReserveRequest): RenewalView | null => {
  const { binding } = credential;
  if (binding.kind !== "possession") return null;
  const signer = firstRow(
    sql,
    "SELECT revoked_at FROM certificate WHERE serial = ? AND node = ? AND issued_at IS NOT NULL",
    binding.serial,
    node,
  );
  return {
    signer: signer === null ? "unknown" : signer["revoked_at"] === null ? "good" : "revoked",
    lease: leaseOf(sql, node, now),
    graceUsed: graceUsed(sql, node),
  };
};

const leaseOf = (sql: Sql, node: string, now: number): RenewalView["lease"] => {
  const row = firstRow(
    sql,
    `SELECT lease.serial, lease.holder, certificate.spki_sha256 FROM lease JOIN certificate ON certificate.serial = lease.serial
     WHERE lease.node = ? AND lease.until >= ?`,
    node,
    now,
  );
  return (
    row && { serial: text(row, "serial"), holder: text(row, "holder"), spkiSha256: text(row, "spki_sha256") }
  );
};

const graceUsed = (sql: Sql, node: string): number =>
  integer(
    sql
      .exec(
        `SELECT count(*) AS n FROM certificate WHERE node = ?1 AND after_expiry = 1
         AND id > (SELECT coalesce(max(id), 0) FROM certificate WHERE node = ?1 AND after_expiry = 0)`,
        node,
      )
      .one(),
    "n",
  );

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
