/** A cluster's key of join tokens, made of one byte. Authenticators of other kinds are given one and never use it. */
export const makeTokenKey = (byte = 0): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", new Uint8Array(32).fill(byte), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
    "verify",
  ]);
