import type { Reply } from "./call.ts";

/** One attempt: its time, and what came of it. A broken connection has no status. */
export interface Call {
  readonly milliseconds: number;
  readonly status: number | null;
}

export interface Asked {
  readonly calls: readonly Call[];
  /** `null`: after so many attempts there was no answer. A refusal is one. */
  readonly answer: Reply | null;
}

/** As the node agent's `attempts`. */
const ATTEMPTS = 8;

/**
 * Repeats a call until it is answered or refused: the node agent's `ask`.
 *
 * @param pause waits before the next attempt; `retryAfter` is what the API asked for, in seconds
 */
export const untilAnswered = async (
  call: (attempt: number) => Promise<Reply>,
  pause: (attempt: number, retryAfter: number | null) => Promise<unknown>,
): Promise<Asked> => {
  const calls: Call[] = [];
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const began = performance.now();
    const reply = await call(attempt).catch(() => null);
    calls.push({ milliseconds: performance.now() - began, status: reply?.status ?? null });
    if (reply !== null && !isLater(reply)) return { calls, answer: reply };
    if (attempt < ATTEMPTS) await pause(attempt, reply?.retryAfter ?? null);
  }
  return { calls, answer: null };
};

/** What the node agent asks again after. */
const isLater = ({ status }: Reply): boolean => status === 408 || status === 429 || status >= 500;
