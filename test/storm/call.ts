import { once } from "node:events";
import { request, type Agent, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import type { Newcomer } from "./newcomer.ts";

/** What came back of one call, whole. */
export interface Reply {
  readonly status: number;
  readonly body: string;
  /** Seconds. */
  readonly retryAfter: number | null;
}

export interface CallOptions {
  /** Keeps connections; without it every call has one of its own, as each run of curl has. */
  readonly agent?: Agent;
  readonly signal?: AbortSignal;
}

/** As the node agent's `--max-time`. */
const CALL_TIMEOUT_MS = 90_000;

/** One bootstrap call. Rejects when the connection breaks before the whole reply is there, or when it takes too long. */
export const callBundle = async (
  address: string,
  { cluster, node, token, csr }: Omit<Newcomer, "pair">,
  { agent, signal }: CallOptions = {},
): Promise<Reply> => {
  const timeout = AbortSignal.timeout(CALL_TIMEOUT_MS);
  const outgoing = request(`${address}/v1/clusters/${cluster}/nodes/${encodeURIComponent(node)}/bundle`, {
    method: "POST",
    agent: agent ?? false,
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    headers: {
      Authorization: `Bearer ${token}`,
      "Content-Type": "application/pkcs10",
      "Content-Length": csr.length,
    },
  });
  // A connection may break after the reply has begun: then the reply's own stream says so.
  outgoing.on("error", () => undefined);
  outgoing.end(csr);
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  return {
    status: incoming.statusCode ?? 0,
    body: await text(incoming),
    retryAfter: secondsOf(incoming.headers["retry-after"]),
  };
};

const secondsOf = (header: string | undefined): number | null =>
  header !== undefined && /^[0-9]{1,3}$/.test(header) ? Number(header) : null;
