import { fromBase64Url } from "../bytes.ts";

/** Whether the text is a SHA-256 in base64url, and so may be a thumbprint. */
export const isDigest = (text: string): boolean => fromBase64Url(text)?.length === 32;
