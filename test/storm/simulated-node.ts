import { setTimeout as sleep } from "node:timers/promises";
import type { Machine } from "./audit.ts";
import { pauseAfter } from "./back-off.ts";
import { callBundle } from "./call.ts";
import { pick, type Chance } from "./chance.ts";
import { readHeld, type Held } from "./held.ts";
import type { LineFault } from "./line.ts";
import type { Lines } from "./lines.ts";
import type { Newcomer } from "./newcomer.ts";
import { COURSES, type Boot, type PlannedNode } from "./plan.ts";
import { untilAnswered, type Call } from "./until-answered.ts";

/** What every node of a storm meets. */
export interface Weather {
  readonly chance: Chance;
  /** The API's own address, and the ways to it that are bad. */
  readonly direct: string;
  readonly lines: Pick<Lines, "addressOf">;
  /** The share of calls whose reply is lost. */
  readonly lost: number;
}

/** The shares of the other faults. */
const OTHER_FAULTS = { "reset before": 0.03, "reply cut": 0.02, "slow client": 0.05 } as const;

/** What became of a node. */
export interface Outcome {
  readonly machines: readonly Machine[];
  readonly calls: readonly Call[];
  /** From its first boot to its first certificate; `null`: it never got one. */
  readonly servedAfter: number | null;
}

interface Life {
  readonly boot: Boot;
  readonly held: readonly Held[];
  readonly calls: readonly Call[];
  readonly endedAt: number;
}

/** A node goes through its course. `machines` has who it is at first and, where its course has it rebuilt, who it is then. */
export const liveThrough = async (
  planned: PlannedNode,
  machines: readonly Newcomer[],
  weather: Weather,
): Promise<Outcome> => {
  await sleep(planned.bootsAt);
  const began = performance.now();
  const lives: Life[] = [];
  for (const [index, boot] of COURSES[planned.course].entries()) {
    const newcomer = machines[boot.machine];
    if (newcomer === undefined) throw new Error(`${planned.node} has no machine ${boot.machine}`);
    const ask = boot.dies ? dieWaiting : askForBundle;
    lives.push({ boot, ...(await ask(newcomer, index, weather)), endedAt: performance.now() });
  }
  const served = lives.find(({ held }) => held.length > 0);
  return {
    machines: machines.map((newcomer, machine) => machineOf(newcomer, livesOf(lives, machine))),
    calls: lives.flatMap(({ calls }) => calls),
    servedAfter: served === undefined ? null : served.endedAt - began,
  };
};

const livesOf = (lives: readonly Life[], machine: number): readonly Life[] =>
  lives.filter(({ boot }) => boot.machine === machine);

const machineOf = ({ cluster, node, spkiSha256 }: Newcomer, lives: readonly Life[]): Machine => ({
  cluster,
  node,
  spkiSha256,
  held: lives.flatMap(({ held }) => held),
  died: lives.every(({ boot }) => boot.dies),
});

type Asking = Pick<Life, "held" | "calls">;

const askForBundle = async (newcomer: Newcomer, boot: number, weather: Weather): Promise<Asking> => {
  const { node } = newcomer;
  const { chance } = weather;
  const { calls, answer } = await untilAnswered(
    (attempt) => callBundle(wayOf(weather, chance("line", node, boot, attempt)), newcomer),
    (attempt, retryAfter) =>
      sleep(1000 * pauseAfter(attempt, retryAfter, chance("pause", node, boot, attempt))),
  );
  const served = answer?.status === 200 || answer?.status === 201;
  return { calls, held: served ? [readHeld(answer.body)] : [] };
};

const wayOf = ({ direct, lines, lost }: Weather, chance: number): string => {
  const way = pick<LineFault | "direct">({ "reply lost": lost, ...OTHER_FAULTS }, "direct", chance);
  return way === "direct" ? direct : lines.addressOf(way);
};

/** Within the time that a call takes, so that some die before the API has begun and some when it has ended. */
const LONGEST_WAIT_MS = 40;

/** Calls, and is gone: what the API still answers, nobody reads. */
const dieWaiting = async (newcomer: Newcomer, boot: number, { chance, direct }: Weather): Promise<Asking> => {
  const death = AbortSignal.timeout(Math.ceil(LONGEST_WAIT_MS * chance("death", newcomer.node, boot)));
  await callBundle(direct, newcomer, { signal: death }).catch(() => null);
  return { calls: [], held: [] };
};
