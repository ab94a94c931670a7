import type { Context } from "hono";
import { clusterOf, sendProblem, type HttpEnv } from "../context.ts";
import { entityTag, isCurrent } from "../etag.ts";

/** `GET /v1/clusters/{cluster}/ca.pem`: the roots that peers trust now, those of a rotation under way included. */
export const getCaBundle = async (c: Context<HttpEnv>): Promise<Response> => {
  const cluster = clusterOf(c);
  if (!cluster.ok) return sendProblem(c, cluster.error);
  const snapshot = await c.get("deployment").custody.snapshot(cluster.value, c.get("now"));
  if (!snapshot.ok) return sendProblem(c, snapshot.error);
  const body = snapshot.value.ca.trustBundlePem;
  const tag = await entityTag(body);
  const headers = { ETag: tag, "Cache-Control": "public, max-age=300" };
  if (isCurrent(c.req.header("If-None-Match"), tag)) return c.body(null, 304, headers);
  return c.body(body, 200, { ...headers, "Content-Type": "application/x-pem-file" });
};
