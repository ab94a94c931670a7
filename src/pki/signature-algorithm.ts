import { Fields } from "./der/fields.ts";
import { OID } from "./der/oids.ts";
import type { DerElement } from "./der/reader.ts";
import { TAG } from "./der/tags.ts";
import { oid } from "./der/values.ts";
import type { KeyType } from "./key.ts";

export type KeyFamily = "ec" | "rsa" | "ed25519";

export interface SignatureAlgorithm {
  readonly family: KeyFamily;
  readonly hash: "SHA-256" | "SHA-384" | "SHA-512";
}

/** Every algorithm that Interlock verifies. SHA-1, MD5, SHA-224 and PSS are not here, so they do not exist. */
const ALGORITHMS: ReadonlyMap<string, SignatureAlgorithm> = new Map<string, SignatureAlgorithm>([
  [OID.ecdsaWithSha256, { family: "ec", hash: "SHA-256" }],
  [OID.ecdsaWithSha384, { family: "ec", hash: "SHA-384" }],
  [OID.ecdsaWithSha512, { family: "ec", hash: "SHA-512" }],
  [OID.sha256WithRsaEncryption, { family: "rsa", hash: "SHA-256" }],
  [OID.sha384WithRsaEncryption, { family: "rsa", hash: "SHA-384" }],
  [OID.sha512WithRsaEncryption, { family: "rsa", hash: "SHA-512" }],
  // Ed25519 hashes by itself (RFC 8032 §5.1); the name is for completeness
  [OID.ed25519, { family: "ed25519", hash: "SHA-512" }],
]);

/**
 * Reads an AlgorithmIdentifier of a signature; `null` for one that is not accepted.
 * Parameters are absent (RFC 5758 §3.2, RFC 8410 §3); for RSA they are NULL, or absent too (RFC 4055 §5: accept both).
 */
export const readSignatureAlgorithm = (element: DerElement): SignatureAlgorithm | null => {
  const fields = new Fields(element, TAG.sequence);
  const algorithm = ALGORITHMS.get(oid(fields.any())) ?? null;
  if (algorithm === null) return null;
  if (algorithm.family === "rsa") fields.optional(TAG.null);
  fields.end();
  return algorithm;
};

export const keyFamily = (type: KeyType): KeyFamily =>
  type === "ed25519" ? "ed25519" : type.startsWith("ec-") ? "ec" : "rsa";
