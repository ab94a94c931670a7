/** The key types of the profile; which of them a cluster takes is in its definition (`certificate.keys`). */
export const KEY_TYPES = [
  "ec-p256",
  "ec-p384",
  "ec-p521",
  "ed25519",
  "rsa-2048",
  "rsa-3072",
  "rsa-4096",
] as const;

export type KeyType = (typeof KEY_TYPES)[number];

/** A public key whose holder has proved possession of the private half, and which the key policy accepts. */
export interface VerifiedKey {
  readonly type: KeyType;
  /** The SubjectPublicKeyInfo of the request, byte for byte. */
  readonly spki: Uint8Array<ArrayBuffer>;
  /** The content of the subjectPublicKey BIT STRING: what the subject key identifier is made of (RFC 5280 §4.2.1.2). */
  readonly subjectPublicKey: Uint8Array<ArrayBuffer>;
  /** Lower-case hex SHA-256 of `spki`: the key's name in the ledger. */
  readonly spkiSha256: string;
}
