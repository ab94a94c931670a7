import { startDeployment, type Deployment } from "../support/deployment.ts";
import { DEFINITIONS, makeFleet } from "./fleet.ts";
import { load } from "./load.ts";
import { cpuOf, residentMebibytes } from "./process-cost.ts";
import type { Size } from "./size.ts";
import { fillLedger } from "./sqlite-ledger.ts";
import { figure, type Figures } from "./target.ts";

const WARM_UP = 300;

/** An empty ledger and a large one side by side: the same calls to each, round by round. */
export const measureGrowth = async ({ rounds, calls, ledgerRows }: Size): Promise<Figures> => {
  if (ledgerRows === null) return {};
  await using small = await startDeployment({ definitions: DEFINITIONS });
  await using large = await startDeployment({ definitions: DEFINITIONS });
  await issue(large, 1, 0);
  await large.stop();
  fillLedger(large.stateDirectory, ledgerRows);
  await large.restart("SIGKILL");
  let from = 1;
  for (const api of [small, large]) await issue(api, WARM_UP, from);
  from += WARM_UP;
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round += 1, from += calls) {
    const before = await issue(small, calls, from);
    ratios.push((await issue(large, calls, from)) / before);
  }
  const memory = residentMebibytes(large.pid()) / residentMebibytes(small.pid());
  return { "growth-time": figure(ratios), "growth-memory": figure([memory]) };
};

/** One server, many issuances: what it holds on to would show. */
export const measureMemory = async ({ memory }: Size): Promise<Figures> => {
  if (memory === null) return {};
  const [few, many] = memory;
  await using api = await startDeployment({ definitions: DEFINITIONS });
  await issueInBatches(api, 0, few);
  const early = residentMebibytes(api.pid());
  await issueInBatches(api, few, many);
  return { memory: figure([residentMebibytes(api.pid()) / early]) };
};

const BATCH = 2_000;

const issueInBatches = async (api: Deployment, from: number, to: number): Promise<void> => {
  for (let at = from; at < to; at += BATCH) await issue(api, Math.min(BATCH, to - at), at);
};

/** CPU milliseconds of one issuance, as the mean of so many. */
const issue = async (api: Deployment, count: number, from: number): Promise<number> => {
  const fleet = await makeFleet(api, count, from);
  const calls = fleet.map(({ call }) => call);
  return (await cpuOf(api.pid(), () => load(api.origin(), calls, 201))) / count;
};
