import * as z from "zod";
import type { WaitingStep } from "../ledger/rotation.ts";
import { ok, type Result } from "../result.ts";
import { getAsAdministrator, type ApiQuestion } from "./api.ts";
import type { Complaint } from "./command.ts";
import type { World } from "./world.ts";

/** A step of a cluster's rotation, and the new root that it is about: what the API is asked. */
export interface StepQuestion {
  readonly url?: string | undefined;
  readonly cluster: string;
  readonly step: WaitingStep;
  /** SHA-256 of its certificate, lower-case hex. */
  readonly root: string;
}

const nodesSchema = z.object({
  nodes: z.array(z.object({ node: z.string() })),
  next: z.string().nullable(),
});

/** The live nodes that the step would cut off, by name. */
export const nodesBehind = async (
  { url, cluster, step, root }: StepQuestion,
  world: World,
): Promise<Result<readonly string[], Complaint>> => {
  const names: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const query = { behind: step, root, limit: "1000", ...(cursor === "" ? {} : { cursor }) };
    const question: ApiQuestion = { url, path: ["v1", "clusters", cluster, "nodes"], query };
    const page = await getAsAdministrator(question, nodesSchema, world);
    if (!page.ok) return page;
    names.push(...page.value.nodes.map(({ node }) => node));
    cursor = page.value.next;
  }
  return ok(names);
};

const generationsSchema = z.object({
  generations: z.array(
    z.object({ root: z.string(), trustedRoots: z.array(z.string()), firstSeenAt: z.iso.datetime() }),
  ),
  staleSeconds: z.int().nonnegative(),
});

/**
 * From when on (epoch seconds) no instance of the API can go on with the CA from before the last step; `null` while none has seen that
 * step.
 */
export const settledAt = async (
  { url, cluster, step, root }: StepQuestion,
  world: World,
): Promise<Result<number | null, Complaint>> => {
  const question = { url, path: ["v1", "clusters", cluster, "generations"] };
  const reply = await getAsAdministrator(question, generationsSchema, world);
  if (!reply.ok) return reply;
  const { generations, staleSeconds } = reply.value;
  const seen = generations.find((one) =>
    step === "sign" ? one.trustedRoots.includes(root) : one.root === root,
  );
  return ok(seen === undefined ? null : Date.parse(seen.firstSeenAt) / 1000 + staleSeconds);
};
