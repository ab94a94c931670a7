import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { OID } from "../../src/pki/der/oids.ts";
import type { Bytes } from "../../src/pki/der/reader.ts";
import { bitString, nullValue, oid, sequence } from "../../src/pki/der/writer.ts";

/** Private keys for what was changed before it was signed: only behind a good signature is the deeper code reached. */

export const HASHES = ["sha256", "sha384", "sha512"] as const;
export type HashName = (typeof HASHES)[number];

const ALGORITHMS = {
  ec: { sha256: OID.ecdsaWithSha256, sha384: OID.ecdsaWithSha384, sha512: OID.ecdsaWithSha512 },
  rsa: {
    sha256: OID.sha256WithRsaEncryption,
    sha384: OID.sha384WithRsaEncryption,
    sha512: OID.sha512WithRsaEncryption,
  },
} as const;

export const makeEcKey = (namedCurve: "P-256" | "P-384" | "P-521"): KeyObject =>
  generateKeyPairSync("ec", { namedCurve }).privateKey;

export const makeEd25519Key = (): KeyObject => generateKeyPairSync("ed25519").privateKey;

export const makeRsaKey = (): KeyObject => generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;

export const spkiOf = (key: KeyObject): Bytes =>
  Uint8Array.from(createPublicKey(key).export({ type: "spki", format: "der" }));

/** What follows the signed part in a request or a certificate: the algorithm and the signature. */
export const signatureOver = (key: KeyObject, hash: HashName, message: Bytes): readonly [Bytes, Bytes] => {
  if (key.asymmetricKeyType === "ed25519")
    return [sequence(oid(OID.ed25519)), bitString(sign(null, message, key))];
  const family = key.asymmetricKeyType === "ec" ? "ec" : "rsa";
  const parameters = family === "ec" ? [] : [nullValue()];
  return [sequence(oid(ALGORITHMS[family][hash]), ...parameters), bitString(sign(hash, message, key))];
};
