import type { Refusal } from "../refusal.ts";
import type { ReserveRequest } from "./ledger.ts";
import type { LedgerView } from "./ledger-view.ts";
import { refuseRenewalOf } from "./renewal.ts";

/** What may be against a reservation, check by check. Pure: each is asked by itself, and answers for itself. */

/** The `cause` of a refusal that somebody should look at: a second key came with a credential that is bound to a first. */
export const ANOTHER_KEY = "another-key";

const renewalRefusal = (request: ReserveRequest, { renewal }: LedgerView): Refusal | null =>
  renewal === null ? null : refuseRenewalOf(request, renewal);

/** Single use: the first accepted request binds a credential to its key and node (the wire contract, section 4). */
const credentialRefusal = ({ credential, spkiSha256 }: ReserveRequest, view: LedgerView): Refusal | null => {
  if (view.withdrawn) {
    return { code: "credential-invalid", detail: "this credential was withdrawn; ask for a new one" };
  }
  // Evidence that names the request has nothing to bind: it speaks for this key and for no other.
  if (credential.binding.kind !== "first-use") return credential.mayBind ? null : EXPIRED;
  if (view.boundKey !== null && view.boundKey !== spkiSha256 && !supersedes(credential, view)) return STOLEN;
  if (view.boundKey !== null) return null;
  if (hasKeyAlready(credential, view)) return STOLEN;
  if (view.boundNodes >= credential.uses)
    return bound("this credential was already used for as many nodes as it allows");
  return credential.mayBind ? null : EXPIRED;
};

/**
 * An identity that holds the node's name by better evidence has its key. A document that anything on the machine can read (the
 * only kind that has no end) does not give it another.
 */
const hasKeyAlready = (
  { binding, holder }: ReserveRequest["credential"],
  { leaseHolder, recorded }: LedgerView,
): boolean => "statedAt" in binding && leaseHolder === holder && recorded === null;

/** A newer statement about the same identity (an instance that was started again) takes the place of the older one, where allowed. */
const supersedes = (
  { binding, mayBind }: ReserveRequest["credential"],
  { boundStatedAt }: LedgerView,
): boolean =>
  "statedAt" in binding &&
  binding.mayRebind &&
  mayBind &&
  boundStatedAt !== null &&
  binding.statedAt > boundStatedAt;

/** Revocation holds at once, for the key that is compromised and for whatever led to the certificate. */
const revokedRefusal = (_: ReserveRequest, view: LedgerView): Refusal | null => {
  if (view.keyBarred)
    return { code: "revoked", detail: "this key was revoked as compromised; make a new key" };
  if (view.lastRevoked) {
    return {
      code: "revoked",
      detail:
        "the node's certificate was revoked; to admit the node again, mint a new token that names exactly this node",
    };
  }
  return null;
};

const keyRefusal = (_: ReserveRequest, view: LedgerView): Refusal | null =>
  view.keyHeldByAnotherNode
    ? {
        code: "weak-key",
        detail: "another node of this cluster holds this key; make a new key for each node",
      }
    : null;

/**
 * One holder a name. A credential that names exactly this node is the administrator's word that the
 * node was made anew, so it moves the name to the new key (docs/adr/0005-leases.md).
 */
const nameRefusal = ({ credential }: ReserveRequest, view: LedgerView): Refusal | null => {
  // Whether a renewal's name is still its own, `renewalRefusal` has said.
  const moves = credential.namesNode || view.renewal !== null;
  return view.leaseHolder !== null && view.leaseHolder !== credential.holder && !moves
    ? {
        code: "node-held-by-another",
        detail:
          "another holder has a live certificate for this node name; release the node, or use a token that names exactly this node",
      }
    : null;
};

const identityRefusal = (_: ReserveRequest, { holderHasAnotherNode }: LedgerView): Refusal | null =>
  holderHasAnotherNode
    ? bound("this identity holds another node name of this cluster; release that one first")
    : null;

const portRefusal = (_: ReserveRequest, { portHeldByAnotherNode }: LedgerView): Refusal | null =>
  portHeldByAnotherNode
    ? {
        code: "port-collision",
        detail:
          "another node on this host listens on the port that this node's name gives; choose another number in the name",
      }
    : null;

/** In the order in which they count: the first that fails is the answer. */
export const CHECKS: readonly (readonly [
  name: string,
  refusalOf: (request: ReserveRequest, view: LedgerView) => Refusal | null,
])[] = [
  ["may-renew", renewalRefusal],
  ["credential-is-free", credentialRefusal],
  ["not-revoked", revokedRefusal],
  ["key-is-its-own", keyRefusal],
  ["node-name-is-free", nameRefusal],
  ["identity-has-one-node", identityRefusal],
  ["port-is-free", portRefusal],
];

/** The one refusal that is an alarm: two keys, one credential. */
const STOLEN: Refusal = {
  code: "credential-bound",
  detail: "this credential was first used with another key; if that was not you, it is stolen",
  cause: ANOTHER_KEY,
};

const bound = (detail: string): Refusal => ({ code: "credential-bound", detail });

export const EXPIRED: Refusal = {
  code: "credential-expired",
  detail: "this credential has expired; ask for a new one",
};
