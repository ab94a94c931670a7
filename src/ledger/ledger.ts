import type { KeyBinding } from "../auth/principal.ts";
import type { Refusal } from "../refusal.ts";
import type { Result } from "../result.ts";
import type { Census, ExpiringCertificate, ExpiringRequest } from "./expiry.ts";
import type { MetSnapshot } from "./generation.ts";
import type { Notice, NoticesRequest } from "./notices.ts";
import type {
  CrlIssuer,
  CrlOutcome,
  CrlRequest,
  RecordCrlRequest,
  RevokeRequest,
  StoredCrl,
} from "./revocation.ts";
import type {
  AcknowledgeOutcome,
  AcknowledgeRequest,
  CaGeneration,
  LiveNodesPage,
  LiveNodesRequest,
} from "./rotation.ts";

/** A certificate that could be made now. */
export interface PlannedCertificate {
  readonly serial: string;
  readonly notBefore: number;
  readonly notAfter: number;
  /** From here on the same key gets a new certificate instead of the recorded one. */
  readonly renewAfter: number;
  readonly tbs: Uint8Array<ArrayBuffer>;
}

/** What `reserve` is told: who asks, with which key, and what could be made for them. Times are epoch seconds. */
export interface ReserveRequest {
  readonly now: number;
  readonly node: string;
  readonly spkiSha256: string;
  /** What today's policy grants: `DNS:…` and `IP:…`. */
  readonly names: readonly string[];
  /** Or why nothing new can be made now; what was made before is still to be had. `null`: the caller expects that, and has not planned. */
  readonly plan: Result<PlannedCertificate, Refusal> | null;
  readonly credential: {
    readonly kind: string;
    readonly id: string;
    readonly uses: number;
    readonly binding: KeyBinding;
    readonly expiresAt: number;
    /** False once it has expired: it fetches what it was bound to and binds nothing new. */
    readonly mayBind: boolean;
    /** Whether the credential names this very node: the administrator's word then moves the name to a new key. */
    readonly namesNode: boolean;
    /** Who holds the node name from now on: `key:<spkiSha256>`, or the subject of an identity that outlives its keys. */
    readonly holder: string;
  };
  /** A new certificate although the recorded one is not due: the caller's wish, and only with a renewal's proof. */
  readonly early: boolean;
  /** How many renewals after expiry a node has until it gets a certificate in time again. */
  readonly graceUses: number;
  /** `CaSnapshot.id`: a plan is finished only under the CA that it was made for. */
  readonly snapshotId: string;
  /** The root above the issuing CA, and every root that peers trust now: SHA-256 of the certificate, lower-case hex. */
  readonly root: string;
  readonly trustedRoots: readonly string[];
  /** Whose CRL the certificate will be on, if it comes to that. */
  readonly issuer: CrlIssuer;
  /** Ports of the node's host that its name decides (EMQX). */
  readonly host: string;
  readonly exclusivePorts: readonly number[];
  /** Decide, and change nothing. */
  readonly dryRun: boolean;
}

export type ReserveOutcome =
  /** Sign exactly this: a new plan, or the same caller's earlier one that was never completed. */
  | {
      readonly kind: "fresh" | "finish";
      readonly caGeneration: number;
      readonly serial: string;
      readonly tbs: Uint8Array<ArrayBuffer>;
    }
  | { readonly kind: "replay"; readonly caGeneration: number; readonly issued: IssuedCertificate }
  /** Nothing is against it, and there is nothing from before that it may have: ask again with a plan. Nothing has changed. */
  | { readonly kind: "unplanned" }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** A certificate as the ledger holds it: what every reply is made from. */
export interface IssuedCertificate {
  readonly serial: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly renewAfter: number;
  readonly sha256: string;
  /** Leaf, then intermediates, PEM. */
  readonly chain: string;
  readonly names: readonly string[];
}

export interface CompleteRequest {
  readonly now: number;
  readonly serial: string;
  readonly sha256: string;
  readonly chain: string;
}

export type CertificateState = "reserved" | "valid" | "expired" | "revoked";

/** A ledger row as administrators see it (the wire contract, section 6). */
export interface LedgerEntry {
  readonly serial: string;
  readonly node: string;
  readonly state: CertificateState;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly sha256: string | null;
  readonly spkiSha256: string;
  readonly credential: { readonly kind: string; readonly id: string };
  readonly caGeneration: number;
  readonly reservedAt: number;
  readonly issuedAt: number | null;
  readonly revokedAt: number | null;
  readonly reason: string | null;
}

/** What the ledger remembers beside certificates. `refused-bound` is an alarm: somebody else holds the credential too. */
export const EVENT_KINDS = [
  "issued",
  "renewed",
  "renewed-after-expiry",
  "replayed",
  "refused",
  "refused-bound",
  "token-minted",
  "token-withdrawn",
  "released",
  "revoked",
  "generation-published",
  "generation-acknowledged",
] as const;

export type EventKind = (typeof EVENT_KINDS)[number];

export interface LedgerEvent {
  readonly seq: number;
  readonly at: number;
  readonly kind: EventKind;
  readonly actor: string;
  readonly node: string | null;
  readonly serial: string | null;
  readonly detail: string;
  readonly hash: string;
}

export interface ListRequest {
  readonly now: number;
  readonly node: string | null;
  readonly state: CertificateState | null;
  readonly expiresBefore: number | null;
  readonly limit: number;
  /** The `next` of the page before. */
  readonly cursor: string | null;
}

export interface LedgerPage {
  readonly entries: readonly LedgerEntry[];
  /** The cursor of the next page, `null` on the last. */
  readonly next: string | null;
}

export interface FoundCertificate {
  readonly entry: LedgerEntry;
  /** Leaf, then intermediates; `null` while reserved. */
  readonly chain: string | null;
  readonly events: readonly LedgerEvent[];
}

export interface NoteRequest {
  readonly now: number;
  readonly kind: EventKind;
  /** The credential's id, or `administrator`. */
  readonly actor: string;
  readonly node: string | null;
  readonly detail: string;
}

export interface WithdrawRequest {
  readonly now: number;
  readonly id: string;
  /** Epoch seconds: when the credential would have ended by itself at the latest. */
  readonly until: number;
}

export interface ReleaseRequest {
  readonly now: number;
  readonly node: string;
  readonly actor: string;
}

/** The ledger did not answer: overloaded, out of storage, too slow, or broken. A retry is safe. The message is for the log alone. */
export class LedgerUnavailable extends Error {
  override readonly name = "LedgerUnavailable";
}

/** One cluster's memory: the only arbiter of single use and names. Every method throws {@link LedgerUnavailable} when it cannot answer. */
export interface Ledger {
  /** One atomic step: binds the credential, leases the name, records the plan; or finds the earlier answer; or refuses and changes nothing. */
  reserve(request: ReserveRequest): Promise<ReserveOutcome>;
  /**
   * Records a signed certificate. Answers what is recorded: of two that finish one plan, the first. `null`: it was revoked while it was
   * being signed; it is recorded, on the CRL, and must not leave.
   */
  complete(request: CompleteRequest): Promise<IssuedCertificate | null>;
  /** Appends an event: what a verified credential was refused, or what an administrator did. */
  note(event: NoteRequest): Promise<void>;
  /** Withdraws a credential, used or not: dead from the next request on. */
  withdraw(request: WithdrawRequest): Promise<void>;
  /** Frees a node name and what instance documents have bound to it. */
  release(request: ReleaseRequest): Promise<void>;
  /** Newest first. */
  list(request: ListRequest): Promise<LedgerPage>;
  /** One row, without its history. */
  entry(serial: string, now: number): Promise<LedgerEntry | null>;
  find(serial: string, now: number): Promise<FoundCertificate | null>;
  /** One atomic step. Answers the serials of all that the target names, whether they were revoked now or before. */
  revoke(request: RevokeRequest): Promise<readonly string[]>;
  /** The stored CRL while it is fresh and says everything, otherwise what to sign and record. */
  crlOrPlan(request: CrlRequest): Promise<CrlOutcome>;
  /** Answers the CRL that is kept: of two that were signed at once, the one with the higher number. */
  recordCrl(request: RecordCrlRequest): Promise<StoredCrl>;
  /** Every CRL that peers may still use, the newest first. */
  liveCrls(now: number): Promise<readonly StoredCrl[]>;
  /** The nodes' newest certificates that end soon, soonest first. */
  expiring(request: ExpiringRequest): Promise<readonly ExpiringCertificate[]>;
  takeCensus(now: number): Promise<Census>;
  /** What is due to be told and was not. */
  dueNotices(request: NoticesRequest): Promise<readonly Notice[]>;
  recordNotices(now: number, ids: readonly string[]): Promise<void>;
  /** The number of the generation that a snapshot is; one that was not met before gets the next. */
  countGeneration(snapshot: MetSnapshot): Promise<number>;
  /** In the order in which they were met. */
  generations(): Promise<readonly CaGeneration[]>;
  liveNodes(request: LiveNodesRequest): Promise<LiveNodesPage>;
  acknowledge(request: AcknowledgeRequest): Promise<AcknowledgeOutcome>;
  ping(): Promise<"ok">;
}
