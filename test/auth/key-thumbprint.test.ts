import { describe, expect, it } from "vitest";
import { isDigest } from "../../src/auth/digest.ts";
import { keyThumbprint } from "../../src/auth/key-thumbprint.ts";
import { acceptPublicKey } from "../../src/pki/key-policy.ts";
import { exportKey } from "../pki/support/web-crypto.ts";

/** RFC 7638 §3.1, the example's key as a SubjectPublicKeyInfo. */
const RFC_7638 = {
  kty: "RSA",
  n: "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
  e: "AQAB",
} as const;

describe("a key's thumbprint", () => {
  it("is that of RFC 7638 for the key of RFC 7638", async () => {
    const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("jwk", RFC_7638, algorithm, true, ["verify"]);
    const accepted = acceptPublicKey(await exportKey("spki", key));
    expect(accepted.ok && (await keyThumbprint(accepted.value))).toBe(
      "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
    );
  });
  it.each(["P-256", "P-384", "P-521", "Ed25519"])("is one for %s too", async (curve) => {
    const algorithm = curve === "Ed25519" ? { name: curve } : { name: "ECDSA", namedCurve: curve };
    const { publicKey } = (await crypto.subtle.generateKey(algorithm, true, [
      "sign",
      "verify",
    ])) as CryptoKeyPair;
    const accepted = acceptPublicKey(await exportKey("spki", publicKey));
    expect(accepted.ok && isDigest(await keyThumbprint(accepted.value))).toBe(true);
  });
});
