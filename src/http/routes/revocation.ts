import type { Context } from "hono";
import * as z from "zod/mini";
import { lazy } from "../../lazy.ts";
import type { RevocationTarget } from "../../ledger/revocation.ts";
import { isRevocationReason, REVOCATION_REASONS } from "../../pki/revocation-reason.ts";
import type { RevocationReason } from "../../pki/revocation-reason.ts";
import type { ClusterDefinition } from "../../policy/definition.ts";
import { refuse, type Refusal } from "../../refusal.ts";
import { ok, type Result } from "../../result.ts";
import { nodeOf, note, sendProblem, type HttpEnv } from "../context.ts";
import { decodeJsonBody } from "../decode.ts";
import { entryMember, UNKNOWN_CERTIFICATE } from "./certificates.ts";

const bodySchema = lazy(() => z.strictObject({ reason: z._default(z.string(), "unspecified") }));

/** `POST …/certificates/{serial}/revoke`: answers the entry as it is afterwards. Again: the same answer. */
export const revokeCertificate = async (
  c: Context<HttpEnv>,
  cluster: ClusterDefinition,
): Promise<Response> => {
  const serial = c.req.param("serial") ?? "";
  const revoked = await revoke(c, cluster, { kind: "certificate", serial });
  if (!revoked.ok) return sendProblem(c, revoked.error);
  const entry = await c.get("deployment").ledgerOf(cluster.id).entry(serial, c.get("now"));
  if (entry === null) return sendProblem(c, UNKNOWN_CERTIFICATE);
  note(c, { serial });
  return c.json(entryMember(entry));
};

/** `POST …/nodes/{node}/revoke`: every certificate of the node, whatever definition its name was allowed by. */
export const revokeNode = async (c: Context<HttpEnv>, cluster: ClusterDefinition): Promise<Response> => {
  const node = nodeOf(c);
  if (!node.ok) return sendProblem(c, node.error);
  return revokedList(c, await revoke(c, cluster, { kind: "node", node: node.value.text }));
};

/** `POST …/revoke`: every certificate of the cluster. */
export const revokeCluster = async (c: Context<HttpEnv>, cluster: ClusterDefinition): Promise<Response> =>
  revokedList(c, await revoke(c, cluster, { kind: "cluster" }));

const revokedList = (c: Context<HttpEnv>, revoked: Result<readonly string[], Refusal>): Response =>
  revoked.ok ? c.json({ revoked: revoked.value }) : sendProblem(c, revoked.error);

const revoke = async (
  c: Context<HttpEnv>,
  cluster: ClusterDefinition,
  target: RevocationTarget,
): Promise<Result<readonly string[], Refusal>> => {
  const body = await decodeJsonBody(c.req.raw, bodySchema());
  if (!body.ok) return body;
  const reason = parseReason(body.value.reason);
  if (!reason.ok) return reason;
  const ledger = c.get("deployment").ledgerOf(cluster.id);
  return ok(await ledger.revoke({ now: c.get("now"), target, reason: reason.value }));
};

const parseReason = (text: string): Result<RevocationReason, Refusal> =>
  isRevocationReason(text)
    ? ok(text)
    : refuse({
        code: "malformed-request",
        field: "reason",
        detail: `the reasons are ${Object.keys(REVOCATION_REASONS).join(", ")}`,
      });
