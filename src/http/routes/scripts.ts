import type { Context } from "hono";
import agent from "../../../infra/agent/interlock.sh";
import awsIid from "../../../infra/evidence/aws-iid.sh";
import awsSts from "../../../infra/evidence/aws-sts.sh";
import awsStsHelper from "../../../infra/evidence/aws_sts.py";
import azure from "../../../infra/evidence/azure.sh";
import gcp from "../../../infra/evidence/gcp.sh";
import kubernetes from "../../../infra/evidence/kubernetes.sh";
import { sha256Hex } from "../../bytes.ts";
import type { HttpEnv } from "../context.ts";
import { unlessCurrent } from "../etag.ts";
import type { ScriptPath } from "../script-paths.ts";

const SHELL = "text/x-shellscript; charset=utf-8";
const PYTHON = "text/x-python; charset=utf-8";
const PLAIN = "text/plain; charset=utf-8";

type Script = readonly [text: string, type: string];

const SCRIPTS: Readonly<Record<ScriptPath, Script>> = {
  "/v1/agent.sh": [agent, SHELL],
  "/v1/evidence/aws-iid.sh": [awsIid, SHELL],
  "/v1/evidence/aws-sts.sh": [awsSts, SHELL],
  "/v1/evidence/aws_sts.py": [awsStsHelper, PYTHON],
  "/v1/evidence/azure.sh": [azure, SHELL],
  "/v1/evidence/gcp.sh": [gcp, SHELL],
  "/v1/evidence/kubernetes.sh": [kubernetes, SHELL],
};

const CACHING = { "Cache-Control": "public, max-age=300" };

/** `GET` of a script. */
export const getScript =
  (path: ScriptPath) =>
  (c: Context<HttpEnv>): Promise<Response> => {
    const [text, type] = SCRIPTS[path];
    return unlessCurrent(c, text, CACHING, { "Content-Type": type });
  };

/** `GET` of its digest: what `sha256sum -c` reads, for the file as `curl -O` names it. */
export const getScriptDigest =
  (path: ScriptPath) =>
  async (c: Context<HttpEnv>): Promise<Response> => {
    const [text] = SCRIPTS[path];
    const line = `${await sha256Hex(text)}  ${path.slice(path.lastIndexOf("/") + 1)}\n`;
    return unlessCurrent(c, line, CACHING, { "Content-Type": PLAIN });
  };
