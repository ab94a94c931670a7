/** The text forms of bytes that the wire and the file formats use. Decoders are strict: they answer `null`. */

const HEX = /^(?:[0-9a-f]{2})*$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export const toHex = (bytes: Uint8Array): string => {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
};

/** Lower-case hexadecimal without separators, or `null`. */
export const fromHex = (text: string): Uint8Array<ArrayBuffer> | null => {
  if (!HEX.test(text)) return null;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(2 * i, 2 * i + 2), 16),
  );
};

export const toBase64 = (bytes: Uint8Array): string => {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
};

/**
 * Canonical padded base64 (RFC 4648 §4) without line breaks, or `null`. Unused bits must be zero (§3.5), so that one
 * text stands for one value.
 */
export const fromBase64 = (text: string): Uint8Array<ArrayBuffer> | null => {
  if (!BASE64.test(text)) return null;
  const binary = atob(text);
  // Not Uint8Array.from: its iterator costs ten times the decoding, and every CSR comes through here.
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  const last = text.length < 4 ? "" : text.slice(-4);
  return last === "" || toBase64(bytes.subarray(bytes.length - decodedLength(last))) === last ? bytes : null;
};

const decodedLength = (group: string): number => (group.endsWith("==") ? 1 : group.endsWith("=") ? 2 : 3);

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

export const concatBytes = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
};

const encoder = new TextEncoder();

export const utf8 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(encoder.encode(text));

export const sha256 = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

export const sha256Hex = async (input: string | Uint8Array<ArrayBuffer>): Promise<string> =>
  toHex(await sha256(typeof input === "string" ? utf8(input) : input));
