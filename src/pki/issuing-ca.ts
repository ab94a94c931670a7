import type { KeyType } from "./key.ts";

/** The signature algorithms that an issuing CA may use; its key decides (docs/certificate-profile.md). */
export type CaSignature = "ecdsa-p256-sha256" | "ecdsa-p384-sha384" | "rsa-sha256" | "ed25519";

/** An issuing CA that passed its self-test: key and certificate belong together and the chain ends in a trusted root. */
export interface IssuingCa {
  readonly certificate: Uint8Array<ArrayBuffer>;
  /** The subject Name as DER: a leaf's issuer is this, byte for byte (RFC 5280 §4.1.2.4). */
  readonly subject: Uint8Array<ArrayBuffer>;
  /** Of the subject, as CRL folders name their files: eight hexadecimal digits. */
  readonly nameHash: string;
  /** The value of its subjectKeyIdentifier, copied into every leaf's authority key identifier. */
  readonly keyIdentifier: Uint8Array<ArrayBuffer>;
  readonly spkiSha256: string;
  readonly keyType: KeyType;
  readonly signature: CaSignature;
  /** Non-extractable, usage `sign` alone. */
  readonly signingKey: CryptoKey;
  /** For the comparison after signing. */
  readonly publicKey: CryptoKey;
  /** Epoch seconds, both inclusive. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** dNSName subtrees of the whole chain (RFC 5280 §4.2.1.10), lower case; `permitted` null means no limit. */
  readonly nameConstraints: {
    readonly permitted: readonly string[] | null;
    readonly excluded: readonly string[];
  };
  /** The issuing certificate and any further intermediates, leaf-most first: what follows the leaf in a chain file. */
  readonly chainPem: string;
  /** The root at the end of the chain, and every root that peers must trust now: SHA-256 of the certificate, lower-case hex. */
  readonly root: string;
  readonly trustedRoots: readonly string[];
  /** The roots that peers must trust now, normalised, one newline between blocks. */
  readonly trustBundlePem: string;
}
