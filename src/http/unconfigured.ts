import { Hono } from "hono";
import type { ConfigurationProblem } from "../env.ts";
import type { Log } from "../log.ts";
import { VERSION } from "../version.ts";
import { INTERNAL, problemResponse } from "./problem.ts";

/**
 * What a deployment serves whose configuration does not hold: `readyz` names what is wrong, every other call is a fault, and
 * the log says why. Nothing half-works.
 */
export const createUnconfiguredApp = (problems: readonly ConfigurationProblem[], log: Log): Hono => {
  const app = new Hono();
  app.get("/healthz", (c) => c.json({ status: "ok", version: VERSION }));
  app.get("/readyz", (c) => c.json({ status: "misconfigured", configuration: problems }, 503));
  app.all("*", () => {
    const requestId = crypto.randomUUID();
    log({
      level: "error",
      event: "misconfigured",
      requestId,
      cause: problems.map(({ variable, problem }) => `${variable} ${problem}`).join("; "),
    });
    return problemResponse(INTERNAL, { requestId, serverTime: new Date().toISOString() }, false);
  });
  return app;
};
