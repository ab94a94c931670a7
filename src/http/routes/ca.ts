import type { Context } from "hono";
import type { CaSnapshot } from "../../custody/snapshot.ts";
import { metSnapshot } from "../../revocation-list.ts";
import { clusterOf, sendProblem, type HttpEnv } from "../context.ts";
import { unlessCurrent } from "../etag.ts";

/**
 * `GET /v1/clusters/{cluster}/ca.pem`: the roots that peers trust now, those of a rotation under way included, and the number of the
 * generation, which a node acknowledges when the file is in place.
 */
export const getCaBundle = async (c: Context<HttpEnv>): Promise<Response> => {
  const cluster = clusterOf(c);
  if (!cluster.ok) return sendProblem(c, cluster.error);
  const snapshot = await c.get("deployment").custody.snapshot(cluster.value, c.get("now"));
  if (!snapshot.ok) return sendProblem(c, snapshot.error);
  const always = {
    "Cache-Control": "public, max-age=300",
    ...(await generationHeader(c, cluster.value.id, snapshot.value)),
  };
  return unlessCurrent(c, snapshot.value.ca.trustBundlePem, always, {
    "Content-Type": "application/x-pem-file",
  });
};

/** Left out while the ledger does not answer: who asks for the roots of a cluster may be mending it. */
const generationHeader = async (
  c: Context<HttpEnv>,
  cluster: string,
  snapshot: CaSnapshot,
): Promise<{ readonly "Interlock-CA-Generation"?: string }> => {
  const number = await c
    .get("deployment")
    .ledgerOf(cluster)
    .countGeneration(metSnapshot(snapshot, c.get("now")))
    .catch(() => null);
  return number === null ? {} : { "Interlock-CA-Generation": String(number) };
};
