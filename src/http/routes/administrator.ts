import type { Context } from "hono";
import { authenticateAdministrator } from "../../auth/administrator.ts";
import { readCredential } from "../../auth/credential.ts";
import type { ClusterDefinition } from "../../policy/definition.ts";
import type { Refusal } from "../../refusal.ts";
import type { Result } from "../../result.ts";
import { clusterOf, sendProblem, type HttpEnv } from "../context.ts";

/** Wraps a route of the whole deployment that only an administrator may use. */
export const forAdministrator =
  (handle: (c: Context<HttpEnv>) => Promise<Response>) =>
  async (c: Context<HttpEnv>): Promise<Response> => {
    const credential = readCredential(c.req.header("Authorization") ?? null);
    if (!credential.ok) return sendProblem(c, forAdministrators(credential.error));
    const administrator = await authenticateAdministrator(
      credential.value,
      c.get("deployment").administrators,
      c.get("now"),
    );
    if (!administrator.ok) return sendProblem(c, administrator.error);
    return handle(c);
  };

/** The same for a route of one cluster. Who is asking comes before what exists: a stranger learns nothing of nodes and certificates. */
export const administered = (
  handle: (c: Context<HttpEnv>, cluster: ClusterDefinition) => Promise<Response>,
): ((c: Context<HttpEnv>) => Promise<Response>) =>
  forAdministrator(async (c) => {
    const cluster: Result<ClusterDefinition, Refusal> = clusterOf(c);
    return cluster.ok ? handle(c, cluster.value) : sendProblem(c, cluster.error);
  });

/** What is missing here is not what a node would send. */
const forAdministrators = (refusal: Refusal): Refusal =>
  refusal.code === "credential-missing"
    ? { ...refusal, detail: "send the administrator's secret: Authorization: Bearer <secret>" }
    : refusal;
