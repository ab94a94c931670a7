import { sha256Hex } from "../bytes.ts";
import { refuse, type Refusal } from "../refusal.ts";
import { err, ok, type Result } from "../result.ts";
import { readCertificationRequest, type CertificationRequest } from "./certification-request.ts";
import { requestedExtensions } from "./csr-attributes.ts";
import { refuseExtensions } from "./csr-extensions.ts";
import { refuseSubject } from "./csr-names.ts";
import type { Bytes } from "./der/reader.ts";
import type { GeneralName } from "./general-name.ts";
import { acceptPublicKey, type AcceptedKey } from "./key-policy.ts";
import type { KeyType, VerifiedKey } from "./key.ts";
import { NO_MEMORY, type ProofMemory } from "./proof-memory.ts";
import { PUBLISHED_KEYS } from "./published-keys.ts";
import { verifySignature } from "./verify-signature.ts";

/** What a request may say and hold, from the grant and the cluster's definition. */
export interface CsrExpectation {
  /** The host part of the node name. */
  readonly host: string;
  readonly names: readonly GeneralName[];
  readonly keys: ReadonlySet<KeyType>;
  readonly blockedKeys: ReadonlySet<string>;
  /** The issuing CA's own key. */
  readonly caSpkiSha256: string;
}

/**
 * Judges a PKCS#10 request by the CSR policy (docs/certificate-profile.md) and keeps the one thing that a certificate is
 * built from: its public key, proved by the signature over the request's own bytes.
 *
 * Refuses with `malformed-csr`, `key-type-not-allowed`, `weak-key`, `name-not-allowed` or `csr-signature-invalid`.
 * The cheap checks come first; WebCrypto sees only keys that the key policy accepts, and the same octets once (`memory`).
 */
export const verifyCsr = async (
  der: Bytes,
  expected: CsrExpectation,
  memory: ProofMemory = NO_MEMORY,
): Promise<Result<VerifiedKey, Refusal>> => {
  const carried = readCarriedKey(der, expected);
  if (!carried.ok) return carried;
  const refusal = refuseWishes(carried.value, expected);
  return refusal === null ? proveKey(carried.value, expected, memory) : err(refusal);
};

/** The same, whatever names and extensions the request asks for: for an explanation, never for a certificate. */
export const verifyCsrKey = async (
  der: Bytes,
  expected: CsrExpectation,
): Promise<Result<VerifiedKey, Refusal>> => {
  const carried = readCarriedKey(der, expected);
  return carried.ok ? proveKey(carried.value, expected, NO_MEMORY) : carried;
};

interface CarriedKey {
  readonly der: Bytes;
  readonly request: CertificationRequest;
  readonly key: AcceptedKey;
}

const readCarriedKey = (der: Bytes, expected: CsrExpectation): Result<CarriedKey, Refusal> => {
  const request = readCertificationRequest(der);
  if (!request.ok) return request;
  const key = acceptPublicKey(request.value.spki);
  if (!key.ok) return key;
  const refusal = refuseKeyType(key.value, expected);
  return refusal === null ? ok({ der, request: request.value, key: key.value }) : err(refusal);
};

const proveKey = async (
  { der, request, key }: CarriedKey,
  expected: CsrExpectation,
  memory: ProofMemory,
): Promise<Result<VerifiedKey, Refusal>> => {
  const spkiSha256 = await sha256Hex(key.spki);
  if (isKnownKey(spkiSha256, expected)) return refuse(KNOWN_KEY);
  if (!(await memory(der, () => isSelfSigned(request, key)))) return refuse(SIGNATURE_INVALID);
  return ok(survivingKey(key, spkiSha256));
};

const refuseKeyType = (key: AcceptedKey, { keys }: CsrExpectation): Refusal | null =>
  keys.has(key.type)
    ? null
    : {
        code: "key-type-not-allowed",
        detail: "this cluster does not take keys of this type: make one of a type that it does",
      };

const refuseWishes = ({ request, key }: CarriedKey, { host, names }: CsrExpectation): Refusal | null => {
  const extensions = requestedExtensions(request.attributes);
  if (!extensions.ok) return extensions.error;
  return (
    refuseSubject(request.subject, host) ?? refuseExtensions(extensions.value, { names, keyType: key.type })
  );
};

const isKnownKey = (spkiSha256: string, { blockedKeys, caSpkiSha256 }: CsrExpectation): boolean =>
  spkiSha256 === caSpkiSha256 || PUBLISHED_KEYS.has(spkiSha256) || blockedKeys.has(spkiSha256);

/** RFC 2986 §3: proof that the requester holds the private key. */
const isSelfSigned = async (
  { info, algorithm, signature }: CertificationRequest,
  key: AcceptedKey,
): Promise<boolean> => algorithm !== null && verifySignature(key, algorithm, info, signature);

/** Copies, so that nothing else of the request stays in memory behind the views. */
const survivingKey = (key: AcceptedKey, spkiSha256: string): VerifiedKey => ({
  type: key.type,
  spki: key.spki.slice(),
  subjectPublicKey: key.subjectPublicKey.slice(),
  spkiSha256,
});

const KNOWN_KEY: Refusal = {
  code: "weak-key",
  detail: "this key is blocked, published or the CA's own: make a new key pair on the node",
};

const SIGNATURE_INVALID: Refusal = {
  code: "csr-signature-invalid",
  detail:
    "the CSR is not signed by its own key with SHA-256, SHA-384 or SHA-512 over the bytes that were sent",
};
