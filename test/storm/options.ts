import { parseArgs } from "node:util";
import * as z from "zod";
import type { StormOptions } from "./plan.ts";

const USAGE = `npm run storm -- [--nodes 10000] [--clusters 1] [--kills 5] [--lost 10] [--spread 30] [--seed 1]

  --nodes N     so many machines boot
  --clusters N  in so many clusters
  --kills N     workerd is killed and started again so often meanwhile
  --lost P      of 100 replies so many are lost on their way
  --spread S    all boot within so many seconds
  --seed N      the same seed: the same boots, courses and faults`;

const wholeFrom = (least: number) => z.coerce.number().int().min(least);

const optionsSchema = z.object({
  nodes: wholeFrom(1),
  clusters: wholeFrom(1),
  kills: wholeFrom(0),
  lost: z.coerce.number().min(0).max(80),
  spread: z.coerce.number().min(0),
  seed: z.coerce.number().int(),
});

/** The options of a command line. Throws with the usage where one is not known, or no number that it can be. */
export const parseOptions = (args: readonly string[]): StormOptions => {
  try {
    const { lost, ...options } = optionsSchema.parse(valuesOf(args));
    return { ...options, lost: lost / 100 };
  } catch (cause) {
    throw new Error(USAGE, { cause });
  }
};

const valuesOf = (args: readonly string[]): object =>
  parseArgs({
    args: [...args],
    options: {
      nodes: { type: "string", default: "10000" },
      clusters: { type: "string", default: "1" },
      kills: { type: "string", default: "5" },
      lost: { type: "string", default: "10" },
      spread: { type: "string", default: "30" },
      seed: { type: "string", default: "1" },
    },
  }).values;
