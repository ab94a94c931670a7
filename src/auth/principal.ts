import type { NodeForm } from "../node/node-form.ts";

/** Who asks, as a verified credential says. Only an authenticator makes one. */
export interface Principal {
  readonly kind: "token" | "jwt" | "aws-iid" | "aws-sts" | "azure-imds" | "possession";
  /** The credential's name in the ledger: `jti:…` of a token, `cert:…` of a certificate, the digest of a web token's id, or the subject itself. */
  readonly id: string;
  /** Which nodes it may ask for: one full node name, or a form `name@*.zone` whose host stands for one more label. */
  readonly nodes: { readonly exact: string } | { readonly form: NodeForm };
  /**
   * The identity that outlives its keys and holds a node name from key to key: an instance, a pod. `null`: nobody but the key itself
   * does, and a credential that names exactly one node is an administrator's word (docs/adr/0005-leases.md).
   */
  readonly subject: string | null;
  readonly binding: KeyBinding;
  /** How many distinct nodes may use it. */
  readonly uses: number;
  /** Epoch seconds. */
  readonly expiresAt: number;
  /** Past its time: it still fetches what it was bound to, and binds nothing new (docs/issuance.md). */
  readonly expired: boolean;
  /** What alone it may be used with; `null`: with any key. */
  readonly pin: Pin | null;
}

/** Whoever minted a credential may have said for which request, or for which key (RFC 7800). */
export type Pin =
  /** The CSR's DER: lower-case hex SHA-256. */
  | { readonly csrSha256: string }
  /** The key: its JWK thumbprint, for as many requests as it takes. */
  | { readonly jkt: string };

/** What ties a credential to one key. */
export type KeyBinding =
  /** The evidence itself names the certification request: it speaks for this key and for no other. */
  | { readonly kind: "csr" }
  /** As before, and it was made by the key of the node's certificate of this serial: a renewal. */
  | ({ readonly kind: "possession" } & PossessionProof)
  /** The first accepted request binds the key. */
  | { readonly kind: "first-use" }
  /** As before, for a statement that has no end of its own: one that was made later (epoch seconds) may bind anew where `mayRebind` says so. */
  | { readonly kind: "first-use"; readonly statedAt: number; readonly mayRebind: boolean };

export const FIRST_USE: KeyBinding = { kind: "first-use" };

/** Whether it is the proof of a certificate that had ended: the renewal counts against the cluster's `graceUses`. */
export const isAfterExpiry = (binding: KeyBinding): boolean =>
  binding.kind === "possession" && binding.lapsedSeconds > 0;

/** What the ledger needs of a renewal's proof. Digests are lower-case hex SHA-256. */
export interface PossessionProof {
  /** Of the certificate whose key signed. */
  readonly serial: string;
  readonly spkiSha256: string;
  /** Of the signed attributes: the same for a replay, another for a proof that was made anew. */
  readonly proofSha256: string;
  /** Seconds since that certificate ended; 0 while it is valid. */
  readonly lapsedSeconds: number;
}
