import type { Context } from "hono";
import * as z from "zod/mini";
import { lazy } from "../../lazy.ts";
import { WAITING_STEPS, type Behind, type CaGeneration, type LiveNode } from "../../ledger/rotation.ts";
import type { ClusterDefinition } from "../../policy/definition.ts";
import { metSnapshot } from "../../revocation-list.ts";
import { formatTime, formatTimeOrNull } from "../../time.ts";
import { sendProblem, type HttpEnv } from "../context.ts";
import { DEFAULT_PAGE, pageLimit, parsePageQuery } from "../page-query.ts";

const querySchema = lazy(() =>
  z
    .strictObject({
      behind: z.optional(z.enum(WAITING_STEPS)),
      root: z.optional(z.string().check(z.regex(/^[0-9a-f]{64}$/))),
      limit: z.optional(pageLimit),
      cursor: z.optional(z.string().check(z.maxLength(255))),
    })
    .check(
      z.refine(({ behind, root }) => (behind === undefined) === (root === undefined), { path: ["root"] }),
    ),
);

const FILTERS =
  "the options are behind (sign or retire) with root (the SHA-256 of the new root), limit (1 to 1000) and cursor (the next of the page before)";

/** `GET …/nodes`: the nodes that live on a valid certificate, and what CA each is known to have; those alone that a step would cut off. */
export const listNodes = async (c: Context<HttpEnv>, cluster: ClusterDefinition): Promise<Response> => {
  const query = parsePageQuery(c.req.url, querySchema(), FILTERS);
  if (!query.ok) return sendProblem(c, query.error);
  const { limit = DEFAULT_PAGE, cursor = null } = query.value;
  const request = { now: c.get("now"), behind: behindOf(query.value), limit, cursor };
  const page = await c.get("deployment").ledgerOf(cluster.id).liveNodes(request);
  return c.json({ nodes: page.nodes.map(nodeMember), next: page.next });
};

/**
 * `GET …/generations`: the CAs of this cluster that the ledger has met, with the one that this instance has now. `staleSeconds`: how long after a change of the secret an
 * instance of this API may go on with the CA before.
 */
export const listGenerations = async (c: Context<HttpEnv>, cluster: ClusterDefinition): Promise<Response> => {
  const { custody, ledgerOf, caStaleSeconds } = c.get("deployment");
  const ledger = ledgerOf(cluster.id);
  const snapshot = await custody.snapshot(cluster, c.get("now"));
  if (snapshot.ok) await ledger.countGeneration(metSnapshot(snapshot.value, c.get("now")));
  const generations = await ledger.generations();
  return c.json({ generations: generations.map(generationMember), staleSeconds: caStaleSeconds });
};

type Query = z.infer<ReturnType<typeof querySchema>>;

const behindOf = ({ behind: step, root }: Query): Behind | null =>
  step === undefined || root === undefined ? null : { step, root };

const nodeMember = ({ certificate, seenAt, ...node }: LiveNode): object => ({
  ...node,
  seenAt: formatTimeOrNull(seenAt),
  certificate: { ...certificate, notAfter: formatTime(certificate.notAfter) },
});

const generationMember = ({ snapshotId, firstSeenAt, ...generation }: CaGeneration): object => ({
  ...generation,
  secret: snapshotId.slice(0, 12),
  firstSeenAt: formatTime(firstSeenAt),
});
