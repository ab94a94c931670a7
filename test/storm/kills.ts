/** Kills the server as the storm goes on. */
export interface Kills {
  /** To be told whenever one more node was served. */
  readonly served: () => void;
  /** When the last one is over: how many there were. Rejects where a restart failed. */
  readonly over: () => Promise<number>;
}

/** @param due after how many served nodes, in order; two that fall together happen one after the other */
export const scheduleKills = (due: readonly number[], kill: () => Promise<void>): Kills => {
  let served = 0;
  let begun = 0;
  let last = Promise.resolve();
  const killWhatIsDue = (): void => {
    const now = due.filter((count) => count <= served).length;
    for (; begun < now; begun += 1) last = last.then(kill);
  };
  killWhatIsDue();
  return {
    served: () => {
      served += 1;
      killWhatIsDue();
    },
    over: async () => {
      await last;
      return begun;
    },
  };
};
