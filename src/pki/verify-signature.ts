import type { Bytes } from "./der/reader.ts";
import { ecdsaFromDer, orderSize } from "./ecdsa-signature.ts";
import type { AcceptedKey } from "./key-policy.ts";
import type { KeyType } from "./key.ts";
import { keyFamily, type KeyFamily, type SignatureAlgorithm } from "./signature-algorithm.ts";

/** The parameters of WebCrypto, of which each algorithm needs its own. */
interface WebCryptoAlgorithm {
  readonly name: string;
  readonly namedCurve?: string;
  readonly hash?: string;
}

const RSA = "RSASSA-PKCS1-v1_5";

const KEY_ALGORITHMS = {
  "ec-p256": { name: "ECDSA", namedCurve: "P-256" },
  "ec-p384": { name: "ECDSA", namedCurve: "P-384" },
  "ec-p521": { name: "ECDSA", namedCurve: "P-521" },
  ed25519: { name: "Ed25519" },
  "rsa-2048": { name: RSA },
  "rsa-3072": { name: RSA },
  "rsa-4096": { name: RSA },
} satisfies Record<KeyType, WebCryptoAlgorithm>;

const SIGNATURE_NAMES = { ec: "ECDSA", rsa: RSA, ed25519: "Ed25519" } satisfies Record<KeyFamily, string>;

/** How WebCrypto calls a key of this type. RSA keys are bound to the hash that they are imported for; others ignore it. */
export const importParameters = (type: KeyType, hash: string): WebCryptoAlgorithm => ({
  ...KEY_ALGORITHMS[type],
  hash,
});

/** How WebCrypto calls a signature of this algorithm. */
export const signatureParameters = ({ family, hash }: SignatureAlgorithm): WebCryptoAlgorithm => ({
  name: SIGNATURE_NAMES[family],
  hash,
});

/** Whether this key made this signature over exactly these bytes. False as well for a signature in another encoding. */
export const verifySignature = async (
  key: AcceptedKey,
  algorithm: SignatureAlgorithm,
  message: Bytes,
  signature: Bytes,
): Promise<boolean> => {
  if (keyFamily(key.type) !== algorithm.family) return false;
  const value =
    algorithm.family === "ec" ? ecdsaFromDer(signature, orderSize(key.subjectPublicKey)) : signature;
  if (value === null) return false;
  // A runtime may refuse a key for reasons of its own. Then the key has proved nothing, and that is no fault of ours.
  const publicKey = await importPublicKey(key, algorithm).catch(() => null);
  return (
    publicKey !== null && crypto.subtle.verify(signatureParameters(algorithm), publicKey, value, message)
  );
};

export const importPublicKey = (key: AcceptedKey, algorithm: SignatureAlgorithm): Promise<CryptoKey> =>
  crypto.subtle.importKey("spki", key.spki, importParameters(key.type, algorithm.hash), true, ["verify"]);
