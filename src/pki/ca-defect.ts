import { err, type Result } from "../result.ts";

/** Why CA material is not used. Goes to the protected log and to `readyz`'s operator; never holds a byte of the key. */
export interface CaDefect {
  readonly reason:
    | "malformed"
    | "key-form"
    | "key-mismatch"
    | "not-ca"
    | "validity"
    | "weak-ca"
    | "chain"
    | "name-constraints"
    | "key-purpose"
    | "critical-extension";
  /** One plain sentence that names the defect and the remedy. */
  readonly detail: string;
}

export const defect = (reason: CaDefect["reason"], detail: string): Result<never, CaDefect> =>
  err({ reason, detail });
