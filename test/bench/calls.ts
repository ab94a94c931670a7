import { startDeployment, type Deployment } from "../support/deployment.ts";
import { DEFINITIONS, makeFleet, renewalOf } from "./fleet.ts";
import { inFloors } from "./floor.ts";
import type { KernelServer } from "./kernel-server.ts";
import { load, type LoadResult } from "./load.ts";
import { cpuOf } from "./process-cost.ts";
import type { Size } from "./size.ts";
import { figure, type Figures } from "./target.ts";

/** V8 goes on compiling for some ten thousand calls: a full call costs a tenth less after them. */
const WARM_UP_ROUNDS = 12;

/** What calls over HTTP cost, each kind as a multiple of F in the same round: a first certificate, its retry, its renewal. */
export const measureCalls = async (kernels: KernelServer, { rounds, calls }: Size): Promise<Figures> => {
  await using api = await startDeployment({ definitions: DEFINITIONS });
  const ratios = {
    full: [] as number[],
    replay: [] as number[],
    renewal: [] as number[],
    rate: [] as number[],
    alone: [] as number[],
  };
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
    const fleet = await makeFleet(api, calls, (round + WARM_UP_ROUNDS) * calls);
    const byCall = new Map(fleet.map(({ call, newcomer }) => [call, newcomer]));
    const costOf = (work: () => Promise<unknown>): Promise<number> =>
      inFloors(kernels, async () => (await cpuOf(api.pid(), work)) / calls);
    const first: LoadResult[] = [];
    const full = await costOf(async () => first.push(await load(api.origin(), [...byCall.keys()], 201)));
    const replay = await costOf(() => load(api.origin(), [...byCall.keys()], 200));
    const renewals = await Promise.all(
      (first[0]?.answers ?? []).flatMap((answer) => {
        const newcomer = byCall.get(answer.call);
        return newcomer === undefined ? [] : [renewalOf(newcomer, answer)];
      }),
    );
    const renewal = await costOf(() => load(api.origin(), renewals, 201));
    if (round < 0) continue;
    ratios.full.push(full);
    ratios.replay.push(replay);
    ratios.renewal.push(renewal);
    ratios.rate.push(calls / (first[0]?.seconds ?? Number.NaN));
    ratios.alone.push(await oneByOne(api, LONE_BASE + round * LONE_CALLS));
  }
  return {
    full: figure(ratios.full),
    replay: figure(ratios.replay),
    renewal: figure(ratios.renewal),
    rate: figure(ratios.rate),
    alone: figure(ratios.alone),
  };
};

const LONE_CALLS = 50;
/** Beyond the numbers of the crowd. */
const LONE_BASE = 1_000_000;

/** Milliseconds of a call that nobody else is in the way of. */
const oneByOne = async (api: Deployment, from: number): Promise<number> => {
  const fleet = await makeFleet(api, LONE_CALLS, from);
  const { seconds } = await load(
    api.origin(),
    fleet.map(({ call }) => call),
    201,
    1,
  );
  return (seconds * 1000) / LONE_CALLS;
};
