import { Hono, type Context, type Handler } from "hono";
import { TrieRouter } from "hono/router/trie-router";
import type { Deployment } from "../deployment.ts";
import { LedgerUnavailable } from "../ledger/ledger.ts";
import { note, sendProblem, type HttpEnv } from "./context.ts";
import { INTERNAL, type Problem } from "./problem.ts";
import { setReplyHeaders } from "./reply-headers.ts";
import { administered, forAdministrator } from "./routes/administrator.ts";
import { postAck } from "./routes/ack.ts";
import { postBundle } from "./routes/bundle.ts";
import { getCaBundle } from "./routes/ca.ts";
import { getCertificate, listCertificates } from "./routes/certificates.ts";
import { getConfig } from "./routes/config.ts";
import { getCrl, getCrlFile } from "./routes/crl.ts";
import { getExpiring } from "./routes/expiring.ts";
import { getHealth, getReadiness } from "./routes/health.ts";
import { getMetrics } from "./routes/metrics.ts";
import { listGenerations, listNodes } from "./routes/nodes.ts";
import { releaseNode } from "./routes/release.ts";
import { revokeCertificate, revokeCluster, revokeNode } from "./routes/revocation.ts";
import { SCRIPT_ROUTES } from "./routes/scripts.ts";
import { deleteToken, postToken } from "./routes/tokens.ts";
import { postWatch } from "./routes/watch.ts";

type Method = "GET" | "POST" | "DELETE";

/** Every route, and what each path answers to. A HEAD is a GET without its body. */
const ROUTES: readonly (readonly [path: string, handlers: Partial<Record<Method, Handler<HttpEnv>>>])[] = [
  ["/v1/clusters/:cluster/nodes/:node/bundle", { POST: postBundle }],
  ["/v1/clusters/:cluster/nodes/:node/config", { GET: getConfig }],
  ["/v1/clusters/:cluster/nodes/:node/ack", { POST: postAck }],
  ["/v1/clusters/:cluster/nodes", { GET: administered(listNodes) }],
  ["/v1/clusters/:cluster/generations", { GET: administered(listGenerations) }],
  ["/v1/clusters/:cluster/ca.pem", { GET: getCaBundle }],
  ["/v1/clusters/:cluster/crl", { GET: getCrl }],
  ["/v1/clusters/:cluster/crl.r0", { GET: getCrlFile }],
  ["/v1/clusters/:cluster/tokens", { POST: administered(postToken) }],
  ["/v1/clusters/:cluster/tokens/:id", { DELETE: administered(deleteToken) }],
  ["/v1/clusters/:cluster/certificates", { GET: administered(listCertificates) }],
  ["/v1/clusters/:cluster/certificates/:serial", { GET: administered(getCertificate) }],
  ["/v1/clusters/:cluster/certificates/:serial/revoke", { POST: administered(revokeCertificate) }],
  ["/v1/clusters/:cluster/nodes/:node/revoke", { POST: administered(revokeNode) }],
  ["/v1/clusters/:cluster/nodes/:node/release", { POST: administered(releaseNode) }],
  ["/v1/clusters/:cluster/revoke", { POST: administered(revokeCluster) }],
  ...SCRIPT_ROUTES,
  ["/v1/clusters/:cluster/expiring", { GET: administered(getExpiring) }],
  ["/v1/watch", { POST: forAdministrator(postWatch) }],
  ["/metrics", { GET: forAdministrator(getMetrics) }],
  ["/healthz", { GET: getHealth }],
  ["/readyz", { GET: getReadiness }],
];

/** The HTTP API of a deployment. */
export const createApp = (deployment: Deployment): Hono<HttpEnv> => {
  // Hono's own choice makes one regular expression of all routes: 10 ms of every isolate's first request (`npm run bench -- --only cold`).
  const app = new Hono<HttpEnv>({ strict: true, router: new TrieRouter() });
  app.use(async (c, next) => {
    c.set("deployment", deployment);
    c.set("requestId", crypto.randomUUID());
    c.set("now", deployment.clock());
    c.set("facts", {});
    await next();
    finish(c);
  });
  for (const [path, handlers] of ROUTES) addRoute(app, path, handlers);
  app.notFound((c) =>
    sendProblem(c, { code: "route-unknown", detail: "there is no such route; see the README" }),
  );
  app.onError((error, c) => sendProblem(c, problemOfFault(c, error)));
  return app;
};

const addRoute = (
  app: Hono<HttpEnv>,
  path: string,
  handlers: Partial<Record<Method, Handler<HttpEnv>>>,
): void => {
  for (const [method, handler] of Object.entries(handlers)) app.on(method, path, handler);
  const allow = Object.keys(handlers).flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
  app.all(path, (c) =>
    sendProblem(c, { code: "method-not-allowed", detail: "this route has other methods; see Allow", allow }),
  );
};

/** A fault says nothing specific to the caller; the log says what it was. */
const problemOfFault = (c: Context<HttpEnv>, error: Error): Problem => {
  note(c, { cause: `${error.name}: ${error.message}` });
  if (error instanceof LedgerUnavailable) {
    return {
      code: "ledger-unavailable",
      detail: "the ledger did not answer; a retry is safe",
      retryAfterSeconds: 2,
    };
  }
  return INTERNAL;
};

/** The headers of every reply, and the one log line of the request. */
const finish = (c: Context<HttpEnv>): void => {
  const { headers, status } = c.res;
  setReplyHeaders(headers, c.get("requestId"));
  // A node with a wrong clock learns of it here. Cloudflare sets its own; workerd sets none (RFC 9110 §6.6.1).
  headers.set("Date", new Date(c.get("now") * 1000).toUTCString());
  c.get("deployment").log({
    level: status >= 500 ? "error" : status >= 400 ? "warn" : "info",
    event: "request",
    requestId: c.get("requestId"),
    method: c.req.method,
    route: c.req.routePath,
    status,
    ...c.get("facts"),
  });
};
