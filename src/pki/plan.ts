import type { GeneralName } from "./general-name.ts";
import type { KeyType } from "./key.ts";

/** A certificate that is decided and not yet signed. The ledger records it before the CA key is used. */
export interface CertificatePlan {
  /** Lower-case hex of 17 octets. */
  readonly serial: string;
  /** Epoch seconds, both inclusive (RFC 5280 §4.1.2.5). */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly names: readonly GeneralName[];
  readonly keyType: KeyType;
  readonly spkiSha256: string;
  /** The TBSCertificate: what will be signed, to the byte. */
  readonly tbs: Uint8Array<ArrayBuffer>;
}
