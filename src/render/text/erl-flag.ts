/**
 * One flag of the emulator with its values (`erl(1)`). Long ones have a row of values for each line of the file that they are
 * printed to; which format they reach is the printers' matter.
 */
export interface ErlFlag {
  readonly name: string;
  readonly rows: readonly (readonly string[])[];
}

/** @throws on a value that the emulator would take for the next flag; parsers have refused those before. */
export const erlFlag = (name: string, ...rows: readonly (readonly string[])[]): ErlFlag => {
  if (rows.flat().some((value) => /^(?:[-+]|$)/.test(value)))
    throw new Error(`-${name} cannot have this value`);
  return { name, rows };
};

/** The words of a flag, as the emulator gets them. */
export const flagWords = ({ name, rows }: ErlFlag): readonly string[] => [`-${name}`, ...rows.flat()];
