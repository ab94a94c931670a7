import { toHex, utf8 } from "../bytes.ts";

/** Where notices go, and the key that proves who sent them. */
export interface NotifyTarget {
  readonly url: string;
  /** At least 32 characters, whose bytes are the key. */
  readonly key: string;
}

export type Post = (url: string, init: RequestInit) => Promise<Response>;

const TIMEOUT_MS = 10_000;

/**
 * `t=<epoch seconds>,v1=<hex>`: HMAC-SHA-256 over `<t>.<body>`. The time is part of what is signed, so that a receiver can refuse an
 * old message that somebody kept.
 */
export const signatureHeader = async (key: string, now: number, body: string): Promise<string> => {
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const signer = await crypto.subtle.importKey("raw", utf8(key), hmac, false, ["sign"]);
  const mac = await crypto.subtle.sign("HMAC", signer, utf8(`${String(now)}.${body}`));
  return `t=${String(now)},v1=${toHex(new Uint8Array(mac))}`;
};

/** Posts one signed JSON message. Answers whether it was taken: any 2xx, and never a redirect. */
export const postSigned = async (
  { url, key }: NotifyTarget,
  message: object,
  now: number,
  post: Post,
): Promise<boolean> => {
  const body = JSON.stringify(message);
  const headers = {
    "Content-Type": "application/json",
    "User-Agent": "interlock",
    "Interlock-Signature": await signatureHeader(key, now, body),
  };
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const reply = await post(url, { method: "POST", headers, body, redirect: "manual", signal });
    await reply.body?.cancel();
    return reply.ok;
  } catch {
    // Refused, reset or late: the next time tells it again.
    return false;
  }
};
