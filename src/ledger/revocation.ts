import type { CrlContent, RevokedCertificate } from "../pki/crl.ts";
import type { RevocationReason } from "../pki/revocation-reason.ts";

/** What of the ledger is about revocation, as it travels. Times are epoch seconds. */

export type RevocationTarget =
  | { readonly kind: "certificate"; readonly serial: string }
  /** Every certificate of the node that the ledger remembers, plans included. */
  | { readonly kind: "node"; readonly node: string }
  | { readonly kind: "cluster" };

export interface RevokeRequest {
  readonly now: number;
  readonly target: RevocationTarget;
  readonly reason: RevocationReason;
}

/** A signed CRL, as it is served. */
export interface StoredCrl {
  readonly issuer: CrlIssuer;
  readonly number: number;
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly der: Uint8Array<ArrayBuffer>;
}

/** A CA that signs CRLs: a name and a key. A new key under the old name is another issuer. */
export interface CrlIssuer {
  /** `IssuingCa.nameHash`: what folders of CRLs name the file by. */
  readonly nameHash: string;
  readonly spkiSha256: string;
}

export interface CrlRequest {
  readonly now: number;
  readonly issuer: CrlIssuer;
  /** Seconds that peers may use it. */
  readonly lifetime: number;
  /** The CA's own end, beyond which no CRL of its makes sense. */
  readonly notAfter: number;
}

/** What to sign, with a number of its own that no other CRL of this ledger has or had. */
export interface CrlPlan extends CrlContent {
  readonly revoked: readonly RevokedCertificate[];
  /** How many revocations had happened when this was planned. */
  readonly revocations: number;
}

export type CrlOutcome =
  { readonly kind: "current"; readonly crl: StoredCrl } | { readonly kind: "due"; readonly plan: CrlPlan };

export interface RecordCrlRequest {
  readonly crl: StoredCrl;
  /** Of its plan. */
  readonly revocations: number;
}
