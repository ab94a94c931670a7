import type { Context, Handler } from "hono";
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

const SHELL = "text/x-shellscript; charset=utf-8";
const PYTHON = "text/x-python; charset=utf-8";
const PLAIN = "text/plain; charset=utf-8";

/** The node's side of this very version (docs/node.md): the agent, and what it runs to show what its machine is. */
const SCRIPTS = [
  ["/v1", "agent.sh", agent, SHELL],
  ["/v1/evidence", "aws-iid.sh", awsIid, SHELL],
  ["/v1/evidence", "aws-sts.sh", awsSts, SHELL],
  ["/v1/evidence", "aws_sts.py", awsStsHelper, PYTHON],
  ["/v1/evidence", "azure.sh", azure, SHELL],
  ["/v1/evidence", "gcp.sh", gcp, SHELL],
  ["/v1/evidence", "kubernetes.sh", kubernetes, SHELL],
] as const;

const CACHING = { "Cache-Control": "public, max-age=300" };

type Get = readonly [path: string, { readonly GET: Handler<HttpEnv> }];

/** `GET` of each script, and of its digest: what `sha256sum -c` reads, for the file as `curl -O` names it. */
export const SCRIPT_ROUTES: readonly Get[] = SCRIPTS.flatMap(([folder, name, text, type]): readonly Get[] => [
  [`${folder}/${name}`, { GET: (c) => unlessCurrent(c, text, CACHING, { "Content-Type": type }) }],
  [`${folder}/${name}.sha256`, { GET: (c) => digestLine(c, name, text) }],
]);

const digestLine = async (c: Context<HttpEnv>, name: string, text: string): Promise<Response> =>
  unlessCurrent(c, `${await sha256Hex(text)}  ${name}\n`, CACHING, { "Content-Type": PLAIN });
