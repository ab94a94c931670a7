import { calculateJwkThumbprint, exportJWK, importSPKI } from "jose";
import type { KeyType, VerifiedKey } from "../pki/key.ts";
import { fromBase64Url } from "../bytes.ts";
import { writePem } from "../pki/pem.ts";

/** What `jose` must be told of a key to read it. */
const ALGORITHMS: Readonly<Record<KeyType, string>> = {
  "ec-p256": "ES256",
  "ec-p384": "ES384",
  "ec-p521": "ES512",
  ed25519: "EdDSA",
  "rsa-2048": "RS256",
  "rsa-3072": "RS256",
  "rsa-4096": "RS256",
};

/** The key's JWK thumbprint (RFC 7638, SHA-256, base64url): its name in the claim `cnf.jkt` (RFC 9449 §6.1). */
export const keyThumbprint = async ({ type, spki }: Pick<VerifiedKey, "type" | "spki">): Promise<string> => {
  const key = await importSPKI(writePem("PUBLIC KEY", spki), ALGORITHMS[type], { extractable: true });
  return calculateJwkThumbprint(await exportJWK(key), "sha256");
};

/** Whether the text is a SHA-256 in base64url, and so may be a thumbprint. */
export const isDigest = (text: string): boolean => fromBase64Url(text)?.length === 32;
