import type { Context } from "hono";
import * as z from "zod/mini";
import { lazy } from "../../lazy.ts";
import { mintToken } from "../../auth/mint-token.ts";
import { toHex } from "../../bytes.ts";
import type { ClusterDefinition } from "../../policy/definition.ts";
import { parseTokenRequest } from "../../policy/token-request.ts";
import { originOf, sendProblem, type HttpEnv } from "../context.ts";
import { decodeJsonBody } from "../decode.ts";
import { formatTime } from "../../time.ts";

const bodySchema = lazy(() =>
  z.strictObject({
    node: z.optional(z.string()),
    nodes: z.optional(z.string()),
    uses: z.optional(z.int()),
    lifetime: z.optional(z.string()),
    csrSha256: z.optional(z.string()),
    jkt: z.optional(z.string()),
  }),
);

const JTI_BYTES = 16;

/** `POST …/tokens`: mints a join token. The reply is the only place where it ever is: the ledger remembers its id. */
export const postToken = async (c: Context<HttpEnv>, cluster: ClusterDefinition): Promise<Response> => {
  const { custody, random, ledgerOf } = c.get("deployment");
  const body = await decodeJsonBody(c.req.raw, bodySchema());
  if (!body.ok) return sendProblem(c, body.error);
  const wanted = parseTokenRequest(body.value, cluster);
  if (!wanted.ok) return sendProblem(c, wanted.error);
  const snapshot = await custody.snapshot(cluster, c.get("now"));
  if (!snapshot.ok) return sendProblem(c, snapshot.error);
  const id = toHex(random(JTI_BYTES));
  const claims = { ...wanted.value, cluster: cluster.id, origin: originOf(c) };
  const token = await mintToken(claims, snapshot.value.tokenKey, c.get("now"), id);
  const { nodes, uses, lifetime } = wanted.value;
  const [member, text] =
    "exact" in nodes ? (["node", nodes.exact] as const) : (["nodes", nodes.form] as const);
  await ledgerOf(cluster.id).note({
    now: c.get("now"),
    kind: "token-minted",
    actor: "administrator",
    node: text,
    detail: `jti:${id}`,
  });
  return c.json({ token, id, [member]: text, uses, expiresAt: formatTime(c.get("now") + lifetime) }, 201);
};

/** `DELETE …/tokens/{id}`: the token is dead from the next request on, whether it was used or not. Again: the same answer. */
export const deleteToken = async (c: Context<HttpEnv>, cluster: ClusterDefinition): Promise<Response> => {
  const id = c.req.param("id") ?? "";
  if (!/^[0-9a-f]{32}$/.test(id)) {
    return sendProblem(c, {
      code: "malformed-request",
      field: "id",
      detail: "a token's id is 32 lower-case hexadecimal digits",
    });
  }
  const until = c.get("now") + (cluster.bootstrap.token?.maxLifetime ?? 0);
  await c
    .get("deployment")
    .ledgerOf(cluster.id)
    .withdraw({ now: c.get("now"), id: `jti:${id}`, until });
  return c.body(null, 204);
};
