import { describe } from "vitest";

/** Whether this machine can do what a suite needs; `why` is a plain sentence that names what is missing. */
export type Capability = { readonly available: true } | { readonly available: false; readonly why: string };

/**
 * The `describe` for a suite that needs more than Node: the real one where `probe` finds everything, otherwise the
 * skipping one after a line on stderr. With `INTERLOCK_SYSTEM=required` a missing capability fails the file instead,
 * so that a run which claims to have tested real peers cannot have skipped them.
 */
export const requireOrSkip = (name: string, probe: () => Capability): typeof describe.skip => {
  const capability = probe();
  if (capability.available) return describe;
  const line = `${name} is not available here: ${capability.why}`;
  if (process.env["INTERLOCK_SYSTEM"] === "required") throw new Error(line);
  console.warn(`skipped: ${line}`);
  return describe.skip;
};
