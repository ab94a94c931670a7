import { readAtMost } from "../read-stream.ts";
import { SecretUnavailable } from "./custody.ts";

/**
 * How the AWS SDK speaks HTTP here: `fetch`, the same on Workers and on Node, with the limits that the SDK's own handlers do not
 * have. Redirects are answers, never followed: a second host must not see signed credentials. The body is read under the same
 * signal as the rest, so a reply that drips a byte a second ends in time, and no reply is longer than we are willing to hold.
 */

/** What the SDK hands to its request handler. */
export interface HttpCall {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

interface HttpReply {
  readonly response: {
    readonly statusCode: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Uint8Array<ArrayBuffer>;
  };
}

/** A secret has at most 65,536 bytes; JSON may double them. */
const MAX_REPLY_BYTES = 256 * 1024;
/** `fetch` derives both from the URL and the body, equal to what was signed. */
const DERIVED_HEADERS: ReadonlySet<string> = new Set(["host", "content-length"]);

/** The SDK's `requestHandler`. Throws {@link SecretUnavailable} for a connection that is lost twice and for a reply without end. */
export const awsHttp = {
  handle: async (
    call: HttpCall,
    { abortSignal }: { readonly abortSignal?: AbortSignal } = {},
  ): Promise<HttpReply> => {
    const signal = abortSignal ?? null;
    try {
      return await exchange(call, signal);
    } catch (error) {
      if (error instanceof SecretUnavailable || signal?.aborted === true) throw error;
      return await lastTry(call, signal);
    }
  },
};

/** The SDK does not retry a lost connection in workerd (workers.md §3). Reads are repeatable; writes carry a request token. */
const lastTry = async (call: HttpCall, signal: AbortSignal | null): Promise<HttpReply> => {
  try {
    return await exchange(call, signal);
  } catch (error) {
    if (error instanceof SecretUnavailable || signal?.aborted === true) throw error;
    throw new SecretUnavailable("unreachable");
  }
};

const exchange = async (call: HttpCall, signal: AbortSignal | null): Promise<HttpReply> => {
  const { method, body } = call;
  const reply = await fetch(urlOf(call), {
    method,
    headers: Object.entries(call.headers).filter(([name]) => !DERIVED_HEADERS.has(name.toLowerCase())),
    ...(body === undefined ? {} : { body }),
    redirect: "manual",
    signal,
  });
  const headers = Object.fromEntries([...reply.headers].map(([name, value]) => [name.toLowerCase(), value]));
  return { response: { statusCode: reply.status, headers, body: await readLimited(reply) } };
};

const urlOf = ({ protocol, hostname, port, path }: HttpCall): string =>
  `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}`;

const readLimited = async (reply: Response): Promise<Uint8Array<ArrayBuffer>> => {
  const body = await readAtMost(reply.body, MAX_REPLY_BYTES);
  if (body === null) throw new SecretUnavailable("malformed-reply");
  return body;
};
