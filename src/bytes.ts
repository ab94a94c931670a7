/** The text forms of bytes that the wire and the file formats use. Decoders are strict: they answer `null`. */

/** The two digits of each octet: looked up, they cost a fifth of being made (`npm run bench`, issue). */
const OCTETS = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, "0"));

export const toHex = (bytes: Uint8Array): string => {
  let text = "";
  for (const byte of bytes) text += OCTETS[byte] ?? "";
  return text;
};

/** Lower-case hexadecimal without separators, or `null`. */
export const fromHex = (text: string): Uint8Array<ArrayBuffer> | null => {
  if (text.length % 2 !== 0) return null;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    const octet = (hexDigit(text.charCodeAt(2 * i)) << 4) | hexDigit(text.charCodeAt(2 * i + 1));
    if (octet < 0) return null;
    bytes[i] = octet;
  }
  return bytes;
};

/** The value of a digit, or -1. By its code: a CRL reads 340,000 of them (`npm run bench`, crl-10000). */
const hexDigit = (code: number): number => {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  return code >= 0x61 && code <= 0x66 ? code - 0x57 : -1;
};

declare global {
  interface Uint8Array<TArrayBuffer extends ArrayBufferLike> {
    /** ES2026: Workers have it, Node 24 has not. */
    toBase64?(): string;
  }
  interface Uint8ArrayConstructor {
    fromBase64?(text: string, options: { readonly lastChunkHandling: "strict" }): Uint8Array<ArrayBuffer>;
  }
}

/** By the engine where it can: that costs a thirtieth, and every certificate goes through here (`npm run bench`, issue). */
export const toBase64 = (bytes: Uint8Array): string => bytes.toBase64?.() ?? btoa(latin1(bytes));

/** Each octet as the character of its number. */
export const latin1 = (octets: Uint8Array): string => {
  let text = "";
  for (const octet of octets) text += String.fromCharCode(octet);
  return text;
};

/**
 * Canonical padded base64 (RFC 4648 §4) without line breaks, or `null`. Unused bits must be zero (§3.5), so that one
 * text stands for one value: exactly the text that we would write.
 */
export const fromBase64 = (text: string): Uint8Array<ArrayBuffer> | null => {
  const bytes = decodeLoosely(text);
  return bytes !== null && toBase64(bytes) === text ? bytes : null;
};

/** By the engine where it can, which passes over blanks; `atob` does without padding as well. */
const decodeLoosely = (text: string): Uint8Array<ArrayBuffer> | null => {
  try {
    return Uint8Array.fromBase64?.(text, { lastChunkHandling: "strict" }) ?? fromLatin1(atob(text));
  } catch {
    return null;
  }
};

const fromLatin1 = (binary: string): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
};

export const toBase64Url = (bytes: Uint8Array): string =>
  toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** Canonical base64url without padding (RFC 7515 §2), or `null`. */
export const fromBase64Url = (text: string): Uint8Array<ArrayBuffer> | null => {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return null;
  const padding = "=".repeat((4 - (text.length % 4)) % 4);
  return fromBase64(text.replaceAll("-", "+").replaceAll("_", "/") + padding);
};

export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
};

export const concatBytes = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => joinBytes(parts);

/** As {@link concatBytes}, for more parts than a call takes arguments. */
export const joinBytes = (parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
};

const encoder = new TextEncoder();

export const utf8 = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(encoder.encode(text));

export const sha256 = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

export const sha256Hex = async (input: string | Uint8Array<ArrayBuffer>): Promise<string> =>
  toHex(await sha256(typeof input === "string" ? utf8(input) : input));
