import type { Bytes } from "../../../src/pki/der/reader.ts";

/** WebCrypto's key generation and export with the types that they have for the calls that tests make. */

export interface KeyPair {
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}

export type KeyAlgorithm = "P-256" | "P-384" | "P-521" | "Ed25519" | "RSA";

const GENERATION = {
  "P-256": { name: "ECDSA", namedCurve: "P-256" },
  "P-384": { name: "ECDSA", namedCurve: "P-384" },
  "P-521": { name: "ECDSA", namedCurve: "P-521" },
  Ed25519: { name: "Ed25519" },
  RSA: {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
  },
} as const;

export const makeKeyPair = async (algorithm: KeyAlgorithm = "P-256"): Promise<KeyPair> => {
  const made = await crypto.subtle.generateKey(GENERATION[algorithm], true, ["sign", "verify"]);
  if (!("privateKey" in made)) throw new Error("a key pair was expected");
  return made;
};

export const exportKey = async (format: "spki" | "pkcs8" | "raw", key: CryptoKey): Promise<Bytes> => {
  const exported = await crypto.subtle.exportKey(format, key);
  if (!(exported instanceof ArrayBuffer)) throw new Error("bytes were expected");
  return new Uint8Array(exported);
};

export const spkiOf = ({ publicKey }: KeyPair): Promise<Bytes> => exportKey("spki", publicKey);
