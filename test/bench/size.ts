/** How much a run does. */
export interface Size {
  readonly rounds: number;
  /** Calls of one kind in one round. */
  readonly calls: number;
  readonly coldStarts: number;
  /** Rows of the large ledger; `null` leaves the rows about growth out, which take minutes. */
  readonly ledgerRows: number | null;
  /** Issuances after which memory is looked at. */
  readonly memory: readonly [few: number, many: number] | null;
}

export const WHOLE: Size = {
  rounds: 9,
  calls: 320,
  coldStarts: 11,
  ledgerRows: 100_000,
  memory: [10_000, 100_000],
};
export const QUICK: Size = { rounds: 3, calls: 160, coldStarts: 3, ledgerRows: null, memory: null };
