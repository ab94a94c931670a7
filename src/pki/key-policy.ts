import { toHex } from "../bytes.ts";
import { refuse, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";
import { isOnCurve } from "./ec-point.ts";
import { isFullOrderPoint } from "./ed25519-point.ts";
import type { KeyType } from "./key.ts";
import { readPublicKey, type PublicKey } from "./public-key.ts";
import type { Bytes } from "./der/reader.ts";
import { rsaWeakness } from "./rsa-weakness.ts";

/** A public key that passed every check on its numbers, so that WebCrypto and peers may see it. */
export interface AcceptedKey {
  readonly type: KeyType;
  readonly spki: Bytes;
  readonly subjectPublicKey: Bytes;
}

const RSA_TYPES: ReadonlyMap<number, KeyType> = new Map([
  [2048, "rsa-2048"],
  [3072, "rsa-3072"],
  [4096, "rsa-4096"],
]);

/** 65537, the only exponent (Boulder's choice): smaller ones make padding mistakes fatal, larger ones cost peers time. */
const RSA_EXPONENT = "010001";

/**
 * Judges a SubjectPublicKeyInfo by the profile (docs/certificate-profile.md, key policy), for nodes and CAs alike.
 * Refuses with `malformed-csr`, `key-type-not-allowed` or `weak-key`. Which types a cluster takes is its own business.
 */
export const acceptPublicKey = (spki: Bytes): Result<AcceptedKey, Refusal> => {
  const key = readPublicKey(spki);
  if (!key.ok) return key;
  const type = judge(key.value);
  return type.ok ? ok({ type: type.value, spki, subjectPublicKey: key.value.subjectPublicKey }) : type;
};

const judge = (key: PublicKey): Result<KeyType, Refusal> => {
  if (key.kind === "rsa") return judgeRsa(key.modulus, key.exponent);
  if (key.kind === "ec") return isOnCurve(key.type, key.point) ? ok(key.type) : weak(OFF_CURVE);
  return isFullOrderPoint(key.subjectPublicKey) ? ok(key.type) : weak(SMALL_ORDER);
};

const judgeRsa = (modulus: Bytes, exponent: Bytes): Result<KeyType, Refusal> => {
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  const type = RSA_TYPES.get(bits);
  if (type === undefined) return weak("an RSA key must have 2048, 3072 or 4096 bits");
  if (toHex(exponent) !== RSA_EXPONENT) return weak("an RSA key must have the public exponent 65537");
  const weakness = rsaWeakness(BigInt(`0x${toHex(modulus)}`));
  return weakness === null ? ok(type) : weak(weakness);
};

const OFF_CURVE = "the EC key is not an uncompressed point on its curve";
const SMALL_ORDER = "the Ed25519 key is not 32 octets of a point of full order";

const weak = (detail: string): Result<never, Refusal> => refuse({ code: "weak-key", detail });
