import { createHash } from "node:crypto";

/**
 * A number in [0, 1) for each thing that is left to chance, by its name: the same for the same seed, and what happens to one node does
 * not hang on the order in which others ask. Not for keys.
 */
export type Chance = (...thing: readonly (string | number)[]) => number;

export const chanceOf =
  (seed: number): Chance =>
  (...thing) =>
    createHash("sha256")
      .update(JSON.stringify([seed, ...thing]))
      .digest()
      .readUInt32BE() /
    2 ** 32;

/** The one of the names that a chance falls on, each with its share of 1; `rest` has what is left. */
export const pick = <Name extends string>(
  shares: Readonly<Partial<Record<Name, number>>>,
  rest: Name,
  chance: number,
): Name => {
  let left = chance;
  for (const [name, share] of Object.entries<number | undefined>(shares)) {
    left -= share ?? 0;
    // An entry of `shares` has one of its names.
    if (left < 0) return name as Name;
  }
  return rest;
};
