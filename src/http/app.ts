import type { Context } from "hono";
import { HonoBase } from "hono/hono-base";
import { TrieRouter } from "hono/router/trie-router";
import type { Deployment } from "../deployment.ts";
import { LedgerUnavailable } from "../ledger/ledger.ts";
import { note, sendProblem, type HttpEnv } from "./context.ts";
import { INTERNAL, type Problem } from "./problem.ts";
import { setReplyHeaders } from "./reply-headers.ts";
import { from, type Handle } from "./part.ts";
import { postBundle } from "./routes/bundle.ts";
import { getHealth, getReadiness } from "./routes/health.ts";
import { SCRIPT_PATHS } from "./script-paths.ts";

const beside = from(() => import("./beside-issuing.ts"));

type Method = "GET" | "POST" | "DELETE";
type Handlers = Readonly<Partial<Record<Method, Handle>>>;
type Route = readonly [path: string, handlers: Handlers];

/** Every route, and what each path answers to. A HEAD is a GET without its body. */
const ROUTES: readonly Route[] = [
  ["/v1/clusters/:cluster/nodes/:node/bundle", { POST: postBundle }],
  ["/v1/clusters/:cluster/nodes/:node/config", { GET: beside((p) => p.getConfig) }],
  ["/v1/clusters/:cluster/nodes/:node/ack", { POST: beside((p) => p.postAck) }],
  ["/v1/clusters/:cluster/nodes", { GET: beside((p) => p.administered(p.listNodes)) }],
  ["/v1/clusters/:cluster/generations", { GET: beside((p) => p.administered(p.listGenerations)) }],
  ["/v1/clusters/:cluster/ca.pem", { GET: beside((p) => p.getCaBundle) }],
  ["/v1/clusters/:cluster/crl", { GET: beside((p) => p.getCrl) }],
  ["/v1/clusters/:cluster/crl.r0", { GET: beside((p) => p.getCrlFile) }],
  ["/v1/clusters/:cluster/tokens", { POST: beside((p) => p.administered(p.postToken)) }],
  ["/v1/clusters/:cluster/tokens/:id", { DELETE: beside((p) => p.administered(p.deleteToken)) }],
  ["/v1/clusters/:cluster/certificates", { GET: beside((p) => p.administered(p.listCertificates)) }],
  ["/v1/clusters/:cluster/certificates/:serial", { GET: beside((p) => p.administered(p.getCertificate)) }],
  [
    "/v1/clusters/:cluster/certificates/:serial/revoke",
    { POST: beside((p) => p.administered(p.revokeCertificate)) },
  ],
  ["/v1/clusters/:cluster/nodes/:node/revoke", { POST: beside((p) => p.administered(p.revokeNode)) }],
  ["/v1/clusters/:cluster/nodes/:node/release", { POST: beside((p) => p.administered(p.releaseNode)) }],
  ["/v1/clusters/:cluster/revoke", { POST: beside((p) => p.administered(p.revokeCluster)) }],
  ...SCRIPT_PATHS.flatMap((path): readonly Route[] => [
    [path, { GET: beside((p) => p.getScript(path)) }],
    [`${path}.sha256`, { GET: beside((p) => p.getScriptDigest(path)) }],
  ]),
  ["/v1/clusters/:cluster/expiring", { GET: beside((p) => p.administered(p.getExpiring)) }],
  ["/v1/watch", { POST: beside((p) => p.forAdministrator(p.postWatch)) }],
  ["/metrics", { GET: beside((p) => p.forAdministrator(p.getMetrics)) }],
  ["/healthz", { GET: getHealth }],
  ["/readyz", { GET: getReadiness }],
];

/** The HTTP API of a deployment. */
export const createApp = (deployment: Deployment): HonoBase<HttpEnv> => {
  // Hono's own choice makes one regular expression of all routes: 10 ms of every isolate's first request (`npm run bench -- --only cold`).
  const app = new HonoBase<HttpEnv>({ strict: true, router: new TrieRouter() });
  app.use(async (c, next) => {
    c.set("deployment", deployment);
    c.set("requestId", crypto.randomUUID());
    c.set("now", deployment.clock());
    c.set("facts", {});
    await next();
    finish(c);
  });
  for (const [path, handlers] of ROUTES) app.all(path, answerBy(handlers));
  app.notFound((c) =>
    sendProblem(c, { code: "route-unknown", detail: "there is no such route; see the README" }),
  );
  app.onError((error, c) => sendProblem(c, problemOfFault(c, error)));
  return app;
};

const METHODS: ReadonlyMap<string, Method> = new Map([
  ["GET", "GET"],
  ["HEAD", "GET"],
  ["POST", "POST"],
  ["DELETE", "DELETE"],
]);

/** One entry of the router a path, whatever the methods: entries are dear to make. */
const answerBy =
  (handlers: Handlers): Handle =>
  (c) => {
    const method = METHODS.get(c.req.method);
    const handle = method && handlers[method];
    return handle === undefined ? sendProblem(c, methodNotAllowed(handlers)) : handle(c);
  };

const methodNotAllowed = (handlers: Handlers): Problem => ({
  code: "method-not-allowed",
  detail: "this route has other methods; see Allow",
  allow: Object.keys(handlers).flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])),
});

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
