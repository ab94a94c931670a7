import * as z from "zod";
import type { WaitingStep } from "../ledger/rotation.ts";
import { ok, type Result } from "../result.ts";
import { getAsAdministrator } from "./api.ts";
import { refused, type Complaint } from "./command.ts";
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
    const question = { url, path: ["v1", "clusters", cluster, "nodes"], query };
    const reply = await getAsAdministrator(question, world);
    if (!reply.ok) return reply;
    const page = nodesSchema.safeParse(reply.value);
    if (!page.success) return refused(UNKNOWN_ANSWER);
    names.push(...page.data.nodes.map(({ node }) => node));
    cursor = page.data.next;
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
  const reply = await getAsAdministrator({ url, path: ["v1", "clusters", cluster, "generations"] }, world);
  if (!reply.ok) return reply;
  const parsed = generationsSchema.safeParse(reply.value);
  if (!parsed.success) return refused(UNKNOWN_ANSWER);
  const { generations, staleSeconds } = parsed.data;
  const seen = generations.find((one) =>
    step === "sign" ? one.trustedRoots.includes(root) : one.root === root,
  );
  return ok(seen === undefined ? null : Date.parse(seen.firstSeenAt) / 1000 + staleSeconds);
};

const UNKNOWN_ANSWER = "the API's answer is not one that this version knows";
