import type { IssuedCertificate } from "./ledger.ts";
import type { RenewalView } from "./renewal.ts";

/** What the ledger knows that bears on one reservation. Only what is live at `now` is in it. */
export interface LedgerView {
  readonly withdrawn: boolean;
  /** The key that this credential is bound to for this node. */
  readonly boundKey: string | null;
  /** When the statement that it is bound by was made, for credentials that have no end of their own. */
  readonly boundStatedAt: number | null;
  /** How many nodes this credential is bound to. */
  readonly boundNodes: number;
  readonly keyHeldByAnotherNode: boolean;
  /** A certificate of this key was revoked because the key is compromised. */
  readonly keyBarred: boolean;
  /** The last certificate that this credential, or this identity, got for this node was revoked. */
  readonly lastRevoked: boolean;
  readonly leaseHolder: string | null;
  /** Whether this holder has the name of another node: one identity is one node. */
  readonly holderHasAnotherNode: boolean;
  readonly portHeldByAnotherNode: boolean;
  /** Whether the node's name has decided ports so far. */
  readonly listens: boolean;
  /** The number of the CA snapshot that this request met; `null`: it is the first that meets it. */
  readonly caGeneration: number | null;
  /** The generation that the node had last in a reply. */
  readonly delivered: Delivery | null;
  /** `null`: the request is no renewal. */
  readonly renewal: RenewalView | null;
  /** What this very proof of a renewal got before, otherwise the newest unexpired, unrevoked row of this node and key. */
  readonly recorded: RecordedCertificate | null;
}

/** What a reply told a node, and when that was written down. */
export interface Delivery {
  readonly generation: number;
  readonly seenAt: number;
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
    | {
        readonly kind: "issued";
        readonly issued: IssuedCertificate;
        /** When a replay was last written down; `null`: never. */
        readonly replayedAt: number | null;
      };
}
