import { readAtMost } from "../read-stream.ts";

/** `fetch`, as an argument: whoever may look outside is handed it by `index.ts`. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface OutsideLimits {
  readonly bytes: number;
  readonly milliseconds: number;
}

/**
 * One bounded look outside: the status and the whole body, or `null` where nothing whole came in time. A redirect is an answer like
 * any other, never followed: the address is the operator's choice, not the answering server's (CVE-2026-49478).
 */
export const ask = async (
  fetch: Fetch,
  url: string,
  init: RequestInit,
  limits: OutsideLimits,
): Promise<{ readonly status: number; readonly body: Uint8Array<ArrayBuffer> } | null> => {
  try {
    const signal = AbortSignal.timeout(limits.milliseconds);
    const response = await fetch(url, { ...init, redirect: "manual", signal });
    const body = await readAtMost(response.body, limits.bytes);
    return body === null ? null : { status: response.status, body };
  } catch {
    // Refused, reset, late, or not HTTP at all: all the same to the caller.
    return null;
  }
};
