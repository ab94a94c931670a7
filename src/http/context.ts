import type { Context } from "hono";
import type { Deployment } from "../deployment.ts";
import { parseNodeName, type NodeName } from "../node/node-name.ts";
import type { ClusterDefinition } from "../policy/definition.ts";
import { admit } from "../rate-limit.ts";
import { refuse, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";
import type { LogLine } from "../log.ts";
import { formatTime } from "../time.ts";
import { wantsPlainText } from "./negotiate.ts";
import { problemResponse, type Problem } from "./problem.ts";

/** What travels with a request through the routes. */
export interface Variables {
  readonly requestId: string;
  readonly deployment: Deployment;
  /** Epoch seconds, read once. */
  readonly now: number;
  /** What the request's log line will say beside its outcome. */
  facts: Pick<LogLine, "cluster" | "node" | "serial" | "code" | "cause">;
}

export interface HttpEnv {
  Variables: Variables;
}

/** Answers with a problem and notes its code for the log. */
export const sendProblem = (c: Context<HttpEnv>, problem: Problem): Response => {
  note(c, {
    code: problem.code,
    ...("cause" in problem ? { cause: problem.cause } : {}),
  });
  const context = { requestId: c.get("requestId"), serverTime: formatTime(c.get("now")) };
  return problemResponse(problem, context, wantsPlainText(c.req.header("Accept") ?? null));
};

/** Adds facts to the request's log line. */
export const note = (c: Context<HttpEnv>, facts: Variables["facts"]): void =>
  c.set("facts", { ...c.get("facts"), ...facts });

/** Counts one more call of the caller's address. Refuses with `too-many-requests`. */
export const admitAddress = (c: Context<HttpEnv>): Promise<Result<void, Refusal>> =>
  // Cloudflare sets this header itself, whatever a caller sent. Elsewhere there is no counter, so nobody reads what a caller wrote.
  admit(c.get("deployment").rateByAddress, c.req.header("CF-Connecting-IP") ?? "");

/** The cluster that the path names. Clusters are public (their CA files are), nodes and certificates are not. */
export const clusterOf = (c: Context<HttpEnv>): Result<ClusterDefinition, Refusal> => {
  const cluster = c.get("deployment").clusters.get(c.req.param("cluster") ?? "");
  if (cluster === undefined)
    return refuse({ code: "cluster-unknown", detail: "this deployment serves no cluster of this name" });
  note(c, { cluster: cluster.id });
  return ok(cluster);
};

/** The node that the path names. Refuses with the name's own defect. */
export const nodeOf = (c: Context<HttpEnv>): Result<NodeName, Refusal> => {
  const node = parseNodeName(c.req.param("node") ?? "");
  if (node.ok) note(c, { node: node.value.text });
  return node;
};

/** Scheme and authority for URLs and audiences: configuration before the request's own word (a Host header is the caller's). */
export const originOf = (c: Context<HttpEnv>, url = new URL(c.req.url)): string =>
  c.get("deployment").publicOrigin ?? url.origin;
