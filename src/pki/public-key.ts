import { refuse, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";
import { Fields } from "./der/fields.ts";
import { OID } from "./der/oids.ts";
import { decode, withDer, type Bytes, type DerElement } from "./der/reader.ts";
import { TAG } from "./der/tags.ts";
import { bitStringOctets, oid, unsignedInteger } from "./der/values.ts";
import type { KeyType } from "./key.ts";

/** A SubjectPublicKeyInfo of a known algorithm, taken apart (RFC 5280 §4.1.2.7). Its numbers are not judged yet. */
export type PublicKey = { readonly spki: Bytes; readonly subjectPublicKey: Bytes } & (
  | { readonly kind: "ec"; readonly type: EcKeyType; readonly point: Bytes }
  | { readonly kind: "rsa"; readonly modulus: Bytes; readonly exponent: Bytes }
  | { readonly kind: "ed25519"; readonly type: "ed25519" }
);

export type EcKeyType = Extract<KeyType, `ec-${string}`>;

const CURVES: ReadonlyMap<string, EcKeyType> = new Map([
  [OID.prime256v1, "ec-p256"],
  [OID.secp384r1, "ec-p384"],
  [OID.secp521r1, "ec-p521"],
]);

/**
 * Reads a SubjectPublicKeyInfo. Refuses with `key-type-not-allowed` an algorithm, curve or form that no cluster can take
 * (explicit curve parameters among them, RFC 5480 §2.1.1), and with `malformed-csr` what is not DER or not that structure.
 */
export const readPublicKey = (spki: Bytes): Result<PublicKey, Refusal> =>
  withDer(malformedKey, () => {
    const fields = new Fields(decode(spki), TAG.sequence);
    const algorithm = new Fields(fields.take(TAG.sequence), TAG.sequence);
    const subjectPublicKey = bitStringOctets(fields.take(TAG.bitString));
    fields.end();
    const whole = { spki, subjectPublicKey };
    switch (oid(algorithm.any())) {
      case OID.ecPublicKey:
        return readEcKey(algorithm, whole);
      case OID.rsaEncryption:
        return readRsaKey(algorithm, whole);
      case OID.ed25519:
        algorithm.end();
        return ok({ ...whole, kind: "ed25519", type: "ed25519" });
      default:
        return typeNotAllowed("the key's algorithm is not one of EC, RSA and Ed25519");
    }
  });

type Whole = Pick<PublicKey, "spki" | "subjectPublicKey">;

const readEcKey = (algorithm: Fields, whole: Whole): Result<PublicKey, Refusal> => {
  const curve = algorithm.any();
  algorithm.end();
  if (curve.tag !== TAG.oid)
    return typeNotAllowed("the EC key must name its curve instead of spelling out its parameters");
  const type = CURVES.get(oid(curve));
  if (type === undefined) return typeNotAllowed("the EC key is on a curve other than P-256, P-384 and P-521");
  return ok({ ...whole, kind: "ec", type, point: whole.subjectPublicKey });
};

/** The parameters must be NULL (RFC 3279 §2.3.1): the certificate carries these bytes, and not every peer forgives. */
const readRsaKey = (algorithm: Fields, whole: Whole): Result<PublicKey, Refusal> => {
  algorithm.take(TAG.null);
  algorithm.end();
  const [modulus, exponent] = readRsaNumbers(decode(whole.subjectPublicKey));
  return ok({ ...whole, kind: "rsa", modulus, exponent });
};

/** RSAPublicKey (RFC 8017 §A.1.1). */
const readRsaNumbers = (element: DerElement): readonly [modulus: Bytes, exponent: Bytes] => {
  const fields = new Fields(element, TAG.sequence);
  const numbers = [
    unsignedInteger(fields.take(TAG.integer)),
    unsignedInteger(fields.take(TAG.integer)),
  ] as const;
  fields.end();
  return numbers;
};

const malformedKey = (defect: string): Refusal => ({
  code: "malformed-csr",
  detail: `the public key is malformed: ${defect}`,
});

const typeNotAllowed = (detail: string): Result<never, Refusal> =>
  refuse({ code: "key-type-not-allowed", detail });
