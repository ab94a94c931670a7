import type { Context } from "hono";
import * as z from "zod/mini";
import { lazy } from "../../lazy.ts";
import { firstAnswer } from "../../auth/authenticator.ts";
import type { Principal } from "../../auth/principal.ts";
import type { AcknowledgeOutcome, AcknowledgeRequest } from "../../ledger/rotation.ts";
import type { SignedData } from "../../pki/cms/signed-data.ts";
import { readMessage } from "../../pki/envelope.ts";
import type { ClusterDefinition } from "../../policy/definition.ts";
import { refuseRenewal } from "../../policy/renewal.ts";
import { refuse, type Refusal } from "../../refusal.ts";
import type { Result } from "../../result.ts";
import { readBody } from "../body.ts";
import { admitAddress, clusterOf, nodeOf, originOf, sendProblem, type HttpEnv } from "../context.ts";
import { decodeJsonBody, parseJsonMembers } from "../decode.ts";
import { administered } from "./administrator.ts";

const bodySchema = lazy(() => z.strictObject({ caGeneration: z.int().check(z.positive()) }));

/**
 * `POST …/nodes/{node}/ack`: the node has this CA generation in place. Said by an administrator, or by the node itself: the same JSON
 * in a CMS message that the node's certificate has signed, which proves the key as a renewal does.
 */
export const postAck = (c: Context<HttpEnv>): Promise<Response> =>
  c.req.header("Authorization") === undefined ? ackByNode(c) : ackByAdministrator(c);

const ackByAdministrator = administered(async (c, cluster) => {
  const body = await decodeJsonBody(c.req.raw, bodySchema());
  if (!body.ok) return sendProblem(c, body.error);
  return acknowledge(c, cluster, { actor: "administrator", spkiSha256: null }, body.value.caGeneration);
});

const ackByNode = async (c: Context<HttpEnv>): Promise<Response> => {
  // As for a bundle: a stranger's message costs a signature and a row of the ledger.
  const admitted = await admitAddress(c);
  if (!admitted.ok) return sendProblem(c, admitted.error);
  const cluster = clusterOf(c);
  if (!cluster.ok) return sendProblem(c, cluster.error);
  const body = await readBody(c.req.raw);
  if (!body.ok) return sendProblem(c, body.error);
  const message = readMessage(body.value);
  if (message === null) return sendProblem(c, NO_CREDENTIAL);
  if (!message.ok) return sendProblem(c, message.error);
  const principal = await authenticate(c, cluster.value, message.value);
  if (!principal.ok) return sendProblem(c, principal.error);
  const said = parseJsonMembers(message.value.content, bodySchema());
  if (!said.ok) return sendProblem(c, said.error);
  const { id, binding } = principal.value;
  const spkiSha256 = binding.kind === "possession" ? binding.spkiSha256 : null;
  return acknowledge(c, cluster.value, { actor: id, spkiSha256 }, said.value.caGeneration);
};

/** Whoever shows the credential of a node speaks for that node alone, and only with a certificate that could renew. */
const authenticate = async (
  c: Context<HttpEnv>,
  cluster: ClusterDefinition,
  proof: SignedData,
): Promise<Result<Principal, Refusal>> => {
  const { custody, authenticators } = c.get("deployment");
  const [node, now] = [c.req.param("node") ?? "", c.get("now")];
  const snapshot = await custody.snapshot(cluster, now);
  if (!snapshot.ok) return snapshot;
  const context = {
    cluster,
    node,
    now,
    origin: originOf(c),
    csr: proof.content,
    tokenKey: snapshot.value.tokenKey,
  };
  const answer = await firstAnswer(authenticators, { scheme: "cms", proof }, context);
  if (answer === null) return refuse(NO_CREDENTIAL);
  if (!answer.ok) return answer;
  const refusal = refuseRenewal(answer.value, cluster, false);
  if (refusal !== null) return refuse(refusal);
  const { nodes } = answer.value;
  return "exact" in nodes && nodes.exact === node ? answer : refuse(ANOTHER_NODE);
};

const acknowledge = async (
  c: Context<HttpEnv>,
  cluster: ClusterDefinition,
  speaker: Pick<AcknowledgeRequest, "actor" | "spkiSha256">,
  caGeneration: number,
): Promise<Response> => {
  const node = nodeOf(c);
  if (!node.ok) return sendProblem(c, node.error);
  const ledger = c.get("deployment").ledgerOf(cluster.id);
  const request = { now: c.get("now"), node: node.value.text, caGeneration, ...speaker };
  const refusal = REFUSALS[await ledger.acknowledge(request)];
  return refusal === null ? c.body(null, 204) : sendProblem(c, refusal);
};

const REFUSALS = {
  acknowledged: null,
  "generation-unknown": {
    code: "malformed-request",
    field: "caGeneration",
    detail: "this cluster has no such CA generation: send the caGeneration of a reply",
  },
  "node-unknown": {
    code: "certificate-unknown",
    detail: "the ledger of this cluster has no valid certificate of this node",
  },
  superseded: {
    code: "renewal-refused",
    detail: "this certificate no longer holds the node's name: acknowledge with the one that does",
  },
} as const satisfies Record<AcknowledgeOutcome, Refusal | null>;

const NO_CREDENTIAL: Refusal = {
  code: "credential-missing",
  detail:
    "send the administrator's secret, or the JSON signed with the node's certificate: openssl cms -sign -binary -nodetach",
};

const ANOTHER_NODE: Refusal = {
  code: "node-not-allowed",
  detail: "the certificate that signed is of another node",
};
