import { refuse, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";
import type { IssuedCertificate, PlannedCertificate, ReserveRequest } from "./ledger.ts";
import { refuseGrace, refuseRenewalOf, type RenewalView } from "./renewal.ts";

/** The `cause` of a refusal that somebody should look at: a second key came with a credential that is bound to a first. */
export const ANOTHER_KEY = "another-key";

/** What the ledger knows that bears on one reservation. Only what is live at `now` is in it. */
export interface LedgerView {
  readonly withdrawn: boolean;
  /** The key that this credential is bound to for this node. */
  readonly boundKey: string | null;
  /** When the statement that it is bound by was made, for credentials that have no end of their own. */
  readonly boundStatedAt: number | null;
  /** How many other nodes have used this credential. */
  readonly otherUses: number;
  readonly keyHeldByAnotherNode: boolean;
  /** A certificate of this key was revoked because the key is compromised. */
  readonly keyBarred: boolean;
  /** The last certificate that this credential, or this identity, got for this node was revoked. */
  readonly lastRevoked: boolean;
  readonly leaseHolder: string | null;
  /** Whether this holder has the name of another node: one identity is one node. */
  readonly holderHasAnotherNode: boolean;
  readonly portHeldByAnotherNode: boolean;
  /** `null`: the request is no renewal. */
  readonly renewal: RenewalView | null;
  /** What this very proof of a renewal got before, otherwise the newest unexpired, unrevoked row of this node and key. */
  readonly recorded: RecordedCertificate | null;
}

export interface RecordedCertificate {
  /** Whether it was made for the very proof that asks again. */
  readonly ofThisProof: boolean;
  readonly credentialId: string;
  readonly snapshotId: string;
  /** The root above the CA that it was made under. */
  readonly root: string;
  readonly names: readonly string[];
  readonly serial: string;
  readonly renewAfter: number;
  readonly state:
    | { readonly kind: "reserved"; readonly tbs: Uint8Array<ArrayBuffer> }
    | { readonly kind: "issued"; readonly issued: IssuedCertificate };
}

export type ReservationDecision =
  | { readonly kind: "fresh"; readonly plan: PlannedCertificate }
  | { readonly kind: "finish"; readonly serial: string; readonly tbs: Uint8Array<ArrayBuffer> }
  | { readonly kind: "replay"; readonly issued: IssuedCertificate };

/** Says what one request gets, from what is recorded. Pure: the caller applies the answer in the same transaction. */
export const decideReservation = (
  request: ReserveRequest,
  view: LedgerView,
): Result<ReservationDecision, Refusal> => {
  const refusal =
    renewalRefusal(request, view) ??
    credentialRefusal(request, view) ??
    revokedRefusal(view) ??
    keyRefusal(view) ??
    nameRefusal(request, view);
  if (refusal !== null) return refusal;
  const earlier = earlierAnswer(request, view.recorded);
  if (earlier !== null) return ok(earlier);
  if (!request.credential.mayBind) return expired();
  const spent = view.renewal === null ? null : refuseGrace(request, view.renewal);
  if (spent !== null) return refuse(spent);
  return request.plan.ok ? ok({ kind: "fresh", plan: request.plan.value }) : request.plan;
};

type Refused = Result<never, Refusal>;

const renewalRefusal = (request: ReserveRequest, { renewal }: LedgerView): Refused | null => {
  const refusal = renewal === null ? null : refuseRenewalOf(request, renewal);
  return refusal === null ? null : refuse(refusal);
};

/** Single use: the first accepted request binds a credential to its key and node (the wire contract, section 4). */
const credentialRefusal = ({ credential, spkiSha256 }: ReserveRequest, view: LedgerView): Refused | null => {
  if (view.withdrawn) {
    return refuse({ code: "credential-invalid", detail: "this credential was withdrawn; ask for a new one" });
  }
  // Evidence that names the request has nothing to bind: it speaks for this key and for no other.
  if (credential.binding.kind !== "first-use") return credential.mayBind ? null : expired();
  if (view.boundKey !== null && view.boundKey !== spkiSha256 && !supersedes(credential, view))
    return stolen();
  if (view.boundKey !== null) return null;
  if (hasKeyAlready(credential, view)) return stolen();
  if (view.otherUses >= credential.uses)
    return bound("this credential was already used for as many nodes as it allows");
  return credential.mayBind ? null : expired();
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
const revokedRefusal = (view: LedgerView): Refused | null => {
  if (view.keyBarred)
    return refuse({ code: "revoked", detail: "this key was revoked as compromised; make a new key" });
  if (view.lastRevoked) {
    return refuse({
      code: "revoked",
      detail:
        "the node's certificate was revoked; to admit the node again, mint a new token that names exactly this node",
    });
  }
  return null;
};

const keyRefusal = (view: LedgerView): Refused | null =>
  view.keyHeldByAnotherNode
    ? refuse({
        code: "weak-key",
        detail: "another node of this cluster holds this key; make a new key for each node",
      })
    : null;

/**
 * One holder a name, and one node a port. A credential that names exactly this node is the administrator's word that the
 * node was made anew, so it moves the name to the new key (docs/adr/0005-leases.md).
 */
const nameRefusal = ({ credential }: ReserveRequest, view: LedgerView): Refused | null => {
  // Whether a renewal's name is still its own, `renewalRefusal` has said.
  const moves = credential.namesNode || view.renewal !== null;
  if (view.leaseHolder !== null && view.leaseHolder !== credential.holder && !moves) {
    return refuse({
      code: "node-held-by-another",
      detail:
        "another holder has a live certificate for this node name; release the node, or use a token that names exactly this node",
    });
  }
  if (view.holderHasAnotherNode)
    return bound("this identity holds another node name of this cluster; release that one first");
  if (view.portHeldByAnotherNode) {
    return refuse({
      code: "port-collision",
      detail:
        "another node on this host listens on the port that this node's name gives; choose another number in the name",
    });
  }
  return null;
};

/**
 * The same key gets the same bytes: until renewal is due or its own credential ends, whichever is later, and as long as peers trust
 * the root above them. The same proof of a renewal always gets the same bytes, also where it asked for a new certificate before the time.
 */
const earlierAnswer = (
  request: ReserveRequest,
  recorded: RecordedCertificate | null,
): ReservationDecision | null => {
  if (recorded === null || !request.trustedRoots.includes(recorded.root)) return null;
  if (wantsAnother(request, recorded) && !recorded.ofThisProof) return null;
  if (recorded.state.kind === "issued") return { kind: "replay", issued: recorded.state.issued };
  // A plan names its issuer and its names: under another CA, or for names that are no longer granted, it is not finished.
  if (recorded.snapshotId !== request.snapshotId || !sameNames(recorded.names, request.names)) return null;
  return { kind: "finish", serial: recorded.serial, tbs: recorded.state.tbs };
};

const wantsAnother = (
  { now, early, credential }: ReserveRequest,
  { credentialId, renewAfter }: RecordedCertificate,
): boolean => {
  if (early) return true;
  // Evidence that is made anew for each request never ends, so it cannot outlast a renewal; a token can.
  const outlasts = credential.binding.kind === "first-use" && credential.mayBind;
  const ownCredentialLives = outlasts && credentialId === credential.id;
  return now >= renewAfter && !ownCredentialLives;
};

const sameNames = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, i) => name === b[i]);

/** The one refusal that is an alarm: two keys, one credential. */
const stolen = (): Refused =>
  refuse({
    code: "credential-bound",
    detail: "this credential was first used with another key; if that was not you, it is stolen",
    cause: ANOTHER_KEY,
  });

const bound = (detail: string): Refused => refuse({ code: "credential-bound", detail });

const expired = (): Refused =>
  refuse({ code: "credential-expired", detail: "this credential has expired; ask for a new one" });
