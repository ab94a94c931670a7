import type { Context } from "hono";
import { HonoBase } from "hono/hono-base";
import { TrieRouter } from "hono/router/trie-router";
import type { ConfigurationProblem } from "../env.ts";
import type { Log } from "../log.ts";
import { VERSION } from "../version.ts";
import type { Problem } from "./problem.ts";
import { setReplyHeaders } from "./reply-headers.ts";
import { faultResponse } from "./unserved.ts";

const MISCONFIGURED: Problem = {
  code: "internal",
  detail: "this deployment is misconfigured; its operators find the reason at /readyz",
};

/**
 * What a deployment serves whose configuration does not hold: `readyz` names what is wrong, every other call is a fault, and
 * the log says why. Nothing half-works.
 */
export const createUnconfiguredApp = (
  problems: readonly ConfigurationProblem[],
  log: Log,
  clock: () => number,
): HonoBase => {
  const app = new HonoBase({ router: new TrieRouter() });
  const cause = problems.map(({ variable, problem }) => `${variable} ${problem}`).join("; ");
  const refuseAll = (c: Context): Response =>
    faultResponse(c.req.raw, MISCONFIGURED, { event: "misconfigured", cause }, log, clock);
  app.get("/healthz", (c) => dressed(c.json({ status: "ok", version: VERSION })));
  app.get("/readyz", (c) =>
    dressed(c.json({ status: "misconfigured", configuration: problems }, 503, { "Retry-After": "60" })),
  );
  app.all("*", refuseAll);
  return app;
};

const dressed = (response: Response): Response => {
  setReplyHeaders(response.headers, crypto.randomUUID());
  return response;
};
