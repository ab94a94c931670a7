import { calculateJwkThumbprint } from "jose/jwk/thumbprint";
import { exportJWK } from "jose/key/export";
import { importSPKI } from "jose/key/import";
import type { KeyType, VerifiedKey } from "../pki/key.ts";
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
