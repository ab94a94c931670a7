import type { Context } from "hono";
import { parseNodeName } from "../../node/node-name.ts";
import type { ClusterDefinition } from "../../policy/definition.ts";
import { note, sendProblem, type HttpEnv } from "../context.ts";

/** `POST …/nodes/{node}/release`: the name is free from the next request on. Revokes nothing. */
export const releaseNode = async (c: Context<HttpEnv>, cluster: ClusterDefinition): Promise<Response> => {
  const node = parseNodeName(c.req.param("node") ?? "");
  if (!node.ok) return sendProblem(c, node.error);
  note(c, { node: node.value.text });
  await c
    .get("deployment")
    .ledgerOf(cluster.id)
    .release({ now: c.get("now"), node: node.value.text, actor: "administrator" });
  return c.body(null, 204);
};
