import type { Context } from "hono";
import type { ClusterDefinition } from "../../policy/definition.ts";
import { nodeOf, sendProblem, type HttpEnv } from "../context.ts";

/** `POST …/nodes/{node}/release`: the name is free from the next request on. Revokes nothing. */
export const releaseNode = async (c: Context<HttpEnv>, cluster: ClusterDefinition): Promise<Response> => {
  const node = nodeOf(c);
  if (!node.ok) return sendProblem(c, node.error);
  await c
    .get("deployment")
    .ledgerOf(cluster.id)
    .release({ now: c.get("now"), node: node.value.text, actor: "administrator" });
  return c.body(null, 204);
};
