import type { WaitingStep } from "../ledger/rotation.ts";
import { nodesBehind, settledAt, type StepQuestion } from "./cluster-api.ts";
import type { World } from "./world.ts";

/** Why the step must wait, as sentences; none where it need not. An API that does not answer is a reason too. */
export const obstaclesTo = async (question: StepQuestion, world: World): Promise<readonly string[]> => {
  const settled = await settledAt(question, world);
  if (!settled.ok) return settled.error.lines;
  const behind = await nodesBehind(question, world);
  if (!behind.ok) return behind.error.lines;
  return [
    ...unsettled(settled.value, world.now()),
    ...behind.value.map((node) => `${node} ${LACKS[question.step]}`),
  ];
};

const unsettled = (settled: number | null, now: number): readonly string[] => {
  if (settled === null)
    return ["the API has not seen the step before this one yet: it looks every CA_CACHE_SECONDS"];
  return settled <= now
    ? []
    : [
        `until ${new Date(settled * 1000).toISOString()} an instance of the API may go on with the CA before (CA_STALE_SECONDS)`,
      ];
};

const LACKS = {
  sign: "is not known to trust the new root",
  retire: "is not known to have a certificate under the new root",
} as const satisfies Record<WaitingStep, string>;

/** What `--force` breaks. */
export const NEVERTHELESS = {
  sign: "with --force: a node that does not trust the new root refuses peers with new certificates, until it has fetched the CA bundle",
  retire:
    "with --force: a node whose certificate is under the old root is refused by every peer that gets the new CA bundle, until it has renewed",
} as const satisfies Record<WaitingStep, string>;
