import type { Context } from "hono";
import script from "../../../infra/agent/interlock.sh";
import { sha256Hex } from "../../bytes.ts";
import type { HttpEnv } from "../context.ts";
import { unlessCurrent } from "../etag.ts";

const CACHING = { "Cache-Control": "public, max-age=300" };

/** `GET /v1/agent.sh`: the node's side of this very version (docs/node.md). */
export const getAgent = (c: Context<HttpEnv>): Promise<Response> =>
  unlessCurrent(c, script, CACHING, { "Content-Type": "text/x-shellscript; charset=utf-8" });

/** `GET /v1/agent.sh.sha256`: what `sha256sum -c` reads, for the file as `curl -O` names it. */
export const getAgentDigest = async (c: Context<HttpEnv>): Promise<Response> =>
  unlessCurrent(c, `${await sha256Hex(script)}  agent.sh\n`, CACHING, {
    "Content-Type": "text/plain; charset=utf-8",
  });
