import type { Context } from "hono";
import script from "../../../infra/agent/interlock.sh";
import { sha256Hex } from "../../bytes.ts";
import type { HttpEnv } from "../context.ts";
import { entityTag, isCurrent } from "../etag.ts";

/** `GET /v1/agent.sh`: the node's side of this very version (docs/node.md). */
export const getAgent = (c: Context<HttpEnv>): Promise<Response> =>
  unlessCurrent(c, script, "text/x-shellscript; charset=utf-8");

/** `GET /v1/agent.sh.sha256`: what `sha256sum -c` reads, for the file as `curl -O` names it. */
export const getAgentDigest = async (c: Context<HttpEnv>): Promise<Response> =>
  unlessCurrent(c, `${await sha256Hex(script)}  agent.sh\n`, "text/plain; charset=utf-8");

const unlessCurrent = async (c: Context<HttpEnv>, body: string, type: string): Promise<Response> => {
  const headers = { ETag: await entityTag(body), "Cache-Control": "public, max-age=300" };
  if (isCurrent(c.req.header("If-None-Match"), headers.ETag)) return c.body(null, 304, headers);
  return c.body(body, 200, { ...headers, "Content-Type": type });
};
