/** Key types of a CA. Ed25519 is not among them: as a CA's key it breaks every TLS 1.2 handshake (`erlang.md` §4). */
export const CA_KEYS = ["ec-p256", "ec-p384", "rsa-2048", "rsa-3072", "rsa-4096"] as const;

export type CaKey = (typeof CA_KEYS)[number];

export interface KeyPair {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

/** What WebCrypto makes and signs with; the hash is the one of the profile (docs/certificate-profile.md). */
export interface SigningAlgorithm {
  readonly name: string;
  readonly hash: string;
  readonly namedCurve?: string;
  readonly modulusLength?: number;
  readonly publicExponent?: Uint8Array<ArrayBuffer>;
}

const rsa = (modulusLength: number): SigningAlgorithm => ({
  name: "RSASSA-PKCS1-v1_5",
  modulusLength,
  publicExponent: Uint8Array.of(1, 0, 1),
  hash: "SHA-256",
});

const ALGORITHMS: Readonly<Record<CaKey, SigningAlgorithm>> = {
  "ec-p256": { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  "ec-p384": { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" },
  "rsa-2048": rsa(2048),
  "rsa-3072": rsa(3072),
  "rsa-4096": rsa(4096),
};

export const algorithmOf = (type: CaKey): SigningAlgorithm => ALGORITHMS[type];

/** The algorithm of a key that is there already, or `null` where it is none of ours. */
export const algorithmOfKey = (key: {
  readonly name: string;
  readonly namedCurve?: string;
  readonly modulusLength?: number;
}): SigningAlgorithm | null =>
  Object.values(ALGORITHMS).find(
    ({ name, namedCurve, modulusLength }) =>
      name === key.name && namedCurve === key.namedCurve && modulusLength === key.modulusLength,
  ) ?? null;

/** A fresh pair whose private half can be written to a file, once. */
export const makeKeys = async (type: CaKey): Promise<KeyPair> => {
  const keys = await crypto.subtle.generateKey(algorithmOf(type), true, ["sign", "verify"]);
  if ("privateKey" in keys) return keys;
  throw new Error(`WebCrypto made one key where two were asked for: ${type}`);
};
