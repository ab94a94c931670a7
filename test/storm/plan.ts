import { pick, type Chance } from "./chance.ts";
import type { Place } from "./newcomer.ts";

export interface StormOptions {
  readonly nodes: number;
  readonly clusters: number;
  /** How often workerd is killed meanwhile. */
  readonly kills: number;
  /** The share of calls whose reply is lost on its way. */
  readonly lost: number;
  /** Seconds in which all nodes boot. */
  readonly spread: number;
  readonly seed: number;
}

/**
 * What one boot does. `dies`: it calls, and is gone before the answer. A machine that was made anew has a new key and a new token
 * (`machine` 1), one that was only started again has the old ones and nothing else.
 */
export interface Boot {
  readonly machine: 0 | 1;
  readonly dies: boolean;
}

export const COURSES = {
  "joins at once": [{ machine: 0, dies: false }],
  "forgets the reply": [
    { machine: 0, dies: false },
    { machine: 0, dies: false },
  ],
  "dies while it waits": [
    { machine: 0, dies: true },
    { machine: 0, dies: false },
  ],
  "is rebuilt": [
    { machine: 0, dies: false },
    { machine: 1, dies: false },
  ],
  "is rebuilt while it waits": [
    { machine: 0, dies: true },
    { machine: 1, dies: false },
  ],
} as const satisfies Record<string, readonly Boot[]>;

export type Course = keyof typeof COURSES;

const SHARES = {
  "forgets the reply": 0.1,
  "dies while it waits": 0.05,
  "is rebuilt": 0.03,
  "is rebuilt while it waits": 0.02,
} as const satisfies Partial<Record<Course, number>>;

export interface PlannedNode extends Place {
  /** Milliseconds after the storm's begin. */
  readonly bootsAt: number;
  readonly course: Course;
}

export const clusterNames = ({ clusters }: StormOptions): readonly string[] =>
  Array.from({ length: clusters }, (_, n) => `storm-${n}`);
export const zoneOf = (cluster: string): string => `${cluster}.example.internal`;

/** Every node with its cluster, its time and its course. */
export const planNodes = (options: StormOptions, chance: Chance): readonly PlannedNode[] => {
  const clusters = clusterNames(options);
  return Array.from({ length: options.nodes }, (_, n) => {
    const cluster = clusters[n % clusters.length] ?? "";
    return {
      cluster,
      node: `rabbit@mq-${n}.${zoneOf(cluster)}`,
      bootsAt: 1000 * options.spread * chance("boot", n),
      course: pick<Course>(SHARES, "joins at once", chance("course", n)),
    };
  });
};

/** After how many served nodes workerd is killed, in order: each within its equal part of the storm. */
export const planKills = ({ nodes, kills }: StormOptions, chance: Chance): readonly number[] =>
  Array.from({ length: kills }, (_, n) => Math.floor((nodes * (n + chance("kill", n))) / kills));
