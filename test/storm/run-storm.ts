import { rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import { audit, type Findings } from "./audit.ts";
import { chanceOf, type Chance } from "./chance.ts";
import { scheduleKills } from "./kills.ts";
import { ledgerBytes } from "./ledger-size.ts";
import { readLedger } from "./ledger-rows.ts";
import { openLines, type Lines } from "./lines.ts";
import { makeNewcomers, type Newcomer } from "./newcomer.ts";
import * as plan from "./plan.ts";
import { liveThrough, type Outcome, type Weather } from "./simulated-node.ts";

export interface StormReport {
  readonly outcomes: readonly Outcome[];
  readonly findings: Findings;
  /** Milliseconds from the first boot to the last answer. */
  readonly wallTime: number;
  /** Certificates that the API had made and whose reply the network swallowed. */
  readonly lostReplies: number;
  readonly kills: number;
  readonly ledger: { readonly certificates: number; readonly bytes: number };
}

/** What the API takes for its own address, whichever line a call comes by. */
const ORIGIN = "https://interlock.example.com";

/**
 * A fleet boots against the production bundle on `workerd serve`, its ledger on disk. When all have been answered workerd is killed once
 * more, so that what is compared had been on disk.
 */
export const runStorm = async (
  options: plan.StormOptions,
  say: (line: string) => void = () => undefined,
): Promise<StormReport> => {
  await using deployment = await deploy(options);
  const chance = chanceOf(options.seed);
  say("making keys, requests and tokens");
  const fleet = await makeFleet(deployment, plan.planNodes(options, chance));
  await using lines = await openLines(deployment.origin());
  say("the storm");
  const storm = await rage(options, fleet, { deployment, lines, chance });
  say("comparing");
  await deployment.restart("SIGKILL");
  const ledgers = await Promise.all(
    plan.clusterNames(options).map((cluster) => readLedger(deployment, cluster)),
  );
  const rows = ledgers.flat();
  const machines = storm.outcomes.flatMap((outcome) => outcome.machines);
  return {
    ...storm,
    findings: audit(rows, machines),
    lostReplies: lines.lostReplies(),
    ledger: { certificates: rows.length, bytes: ledgerBytes(deployment.stateDirectory) },
  };
};

const deploy = (options: plan.StormOptions): Promise<Deployment> =>
  startDeployment({
    definitions: Object.fromEntries(
      plan.clusterNames(options).map((name) => [name, rabbitDefinition(plan.zoneOf(name))]),
    ),
    variables: { PUBLIC_ORIGIN: ORIGIN },
  });

interface FleetNode {
  readonly planned: plan.PlannedNode;
  readonly machines: readonly Newcomer[];
}

/** Everybody's keys are made before the storm: it is about the API, not about them. */
const makeFleet = async (
  deployment: Deployment,
  nodes: readonly plan.PlannedNode[],
): Promise<readonly FleetNode[]> => {
  const first = await makeNewcomers(deployment, nodes, ORIGIN);
  const rebuilt = nodes.filter(({ course }) => plan.COURSES[course].some(({ machine }) => machine === 1));
  const second = await makeNewcomers(deployment, rebuilt, ORIGIN);
  const secondOf = new Map(second.map((newcomer) => [newcomer.node, newcomer]));
  return nodes.map((planned, n) => ({
    planned,
    machines: [first[n], secondOf.get(planned.node)].filter((machine) => machine !== undefined),
  }));
};

interface Scene {
  readonly deployment: Deployment;
  readonly lines: Lines;
  readonly chance: Chance;
}

const rage = async (
  options: plan.StormOptions,
  fleet: readonly FleetNode[],
  { deployment, lines, chance }: Scene,
): Promise<Pick<StormReport, "outcomes" | "wallTime" | "kills">> => {
  const weather: Weather = { chance, direct: deployment.origin(), lines, lost: options.lost };
  const kills = scheduleKills(plan.planKills(options, chance), () => deployment.restart("SIGKILL"));
  const began = performance.now();
  const outcomes = await Promise.all(
    fleet.map(async ({ planned, machines }) => {
      const outcome = await liveThrough(planned, machines, weather);
      kills.served();
      return outcome;
    }),
  );
  const wallTime = performance.now() - began;
  return { outcomes, wallTime, kills: await kills.over() };
};
