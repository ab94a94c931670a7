import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";

/** A reply on its way to the node. */
export interface Passing {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Bytes after which the connection breaks. */
  readonly breakAfter?: number;
}

/** Something between a node and the API: a proxy, a captive portal, a bad line. */
export interface Meddler extends AsyncDisposable {
  readonly origin: string;
  /** From the next request on; `null` passes everything on as it is. */
  meddle: ((reply: Passing, request: number) => Passing) | null;
  /** Requests so far. */
  requests: number;
}

/** @param tls PEM of a certificate for 127.0.0.1 and its key, for an `https` origin */
export const startMeddler = async (
  target: string,
  tls?: { readonly cert: string; readonly key: string },
): Promise<Meddler> => {
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    meddler.requests += 1;
    const { meddle, requests } = meddler;
    forward(target, request)
      .then((reply) => send(response, meddle === null ? reply : meddle(reply, requests)))
      .catch(() => response.destroy());
  };
  const server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const meddler: Meddler = {
    origin: `${tls === undefined ? "http" : "https"}://127.0.0.1:${String(port)}`,
    meddle: null,
    requests: 0,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
  return meddler;
};

const PASSED_ON = ["authorization", "accept", "content-type"];

const forward = async (target: string, request: IncomingMessage): Promise<Passing> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const headers = PASSED_ON.flatMap((name) => {
    const value = request.headers[name];
    return typeof value === "string" ? [[name, value] as const] : [];
  });
  const method = request.method ?? "GET";
  // As a forward proxy it is asked for whole addresses.
  const reply = await fetch(new URL(request.url ?? "/", target), {
    method,
    headers: Object.fromEntries(headers),
    redirect: "manual",
    ...(method === "POST" ? { body: Buffer.concat(chunks) } : {}),
  });
  const { date, "content-type": type } = Object.fromEntries(reply.headers);
  return {
    status: reply.status,
    headers: { ...(date === undefined ? {} : { date }), "content-type": type ?? "text/plain" },
    body: await reply.text(),
  };
};

const send = (response: ServerResponse, { status, headers, body, breakAfter }: Passing): void => {
  response.sendDate = false;
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
  if (breakAfter === undefined) response.end(body);
  else response.write(body.slice(0, breakAfter), () => response.destroy());
};
