import type { FuzzCase, Outcome } from "./target.ts";

/** What a run has seen; plain data, because it goes from thread to thread. */
export interface Tally {
  readonly cases: number;
  readonly operators: Readonly<Record<string, number>>;
  /** By code, then by sentence. */
  readonly outcomes: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export const EMPTY_TALLY: Tally = { cases: 0, operators: {}, outcomes: {} };

/** Counts while a run lasts. */
export class Counter {
  #cases = 0;
  readonly #operators = new Map<string, number>();
  readonly #outcomes = new Map<string, Map<string, number>>();

  count({ operators }: FuzzCase, { code, sentence }: Outcome): void {
    this.#cases += 1;
    for (const operator of operators) increase(this.#operators, operator);
    const sentences = this.#outcomes.get(code) ?? new Map<string, number>();
    increase(sentences, sentence);
    this.#outcomes.set(code, sentences);
  }

  tally(): Tally {
    const outcomes = [...this.#outcomes].map(([code, sentences]) => [code, Object.fromEntries(sentences)]);
    return {
      cases: this.#cases,
      operators: Object.fromEntries(this.#operators),
      outcomes: Object.fromEntries(outcomes) as Tally["outcomes"],
    };
  }
}

export const addTallies = (a: Tally, b: Tally): Tally => ({
  cases: a.cases + b.cases,
  operators: addCounts(a.operators, b.operators),
  outcomes: Object.fromEntries(
    [...new Set([...Object.keys(a.outcomes), ...Object.keys(b.outcomes)])].map((code) => [
      code,
      addCounts(a.outcomes[code] ?? {}, b.outcomes[code] ?? {}),
    ]),
  ),
});

const addCounts = (
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> => {
  const sums = new Map(Object.entries(a));
  for (const [key, count] of Object.entries(b)) sums.set(key, (sums.get(key) ?? 0) + count);
  return Object.fromEntries(sums);
};

const increase = (counts: Map<string, number>, key: string): unknown =>
  counts.set(key, (counts.get(key) ?? 0) + 1);
