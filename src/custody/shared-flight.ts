/** Work under way that requests share. */
export interface Flight {
  /** Epoch seconds. */
  readonly startedAt: number;
  readonly landed: Promise<void>;
}

/** Seconds. Longer than any store takes (`secrets-manager.ts`): a flight that has not landed by then went down with its request. */
const LIMIT = 5;

/**
 * Single flight, one a key: gives the flight under way, or starts one. `work` keeps its outcome itself, if `isCurrent` still says so,
 * and must not reject.
 *
 * Workers cancel a request's tasks when its client goes away, and with them a promise that other requests wait for (workers.md §3).
 * So the work is put under `waitUntil`; a flight that is overdue is replaced by the next caller's own; and the outcome of one that
 * lands after all is out of date and must be dropped.
 */
export const sharedFlight = (waitUntil: (work: Promise<unknown>) => void) => {
  const flights = new Map<string, Flight>();
  return (key: string, now: number, work: (isCurrent: () => boolean) => Promise<void>): Flight => {
    const under = flights.get(key);
    if (under !== undefined && Math.abs(now - under.startedAt) < LIMIT) return under;
    const isCurrent = () => flights.get(key) === flight;
    const take = async (): Promise<void> => {
      // The flight is on the board before the work can ask whether it is current.
      await Promise.resolve();
      await work(isCurrent);
      if (isCurrent()) flights.delete(key);
    };
    const flight: Flight = { startedAt: now, landed: take() };
    flights.set(key, flight);
    waitUntil(flight.landed);
    return flight;
  };
};

/** Waits until the flight has landed, or is overdue. */
export const landing = async ({ landed }: Flight): Promise<void> => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const overdue = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LIMIT * 1000);
  });
  await Promise.race([landed, overdue]);
  clearTimeout(timer);
};
