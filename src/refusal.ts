import { err, type Result } from "./result.ts";

/** Codes that a caller reads on the wire; `http/problem.ts` maps each to its status (docs: the wire contract, section 5). */
export type RefusalCode = Refusal["code"];

/** One line of the explanation that `dryRun` and policy refusals carry. */
export interface Check {
  readonly name: string;
  /** `null`: the check could not be made; `detail` says why. */
  readonly pass: boolean | null;
  /** What a failed check says by itself. As a refusal's: fit for strangers. */
  readonly detail?: string;
}

/**
 * Every way Interlock says no.
 *
 * `detail` is one sentence of our own: it never holds input, evidence, a token or a library's message, so it can
 * go to strangers. Name the defect and the remedy. What an operator needs beyond that goes to the log as `cause`.
 */
export type Refusal =
  | Plain<
      "malformed-request" | "malformed-csr" | "csr-signature-invalid" | "weak-key" | "key-type-not-allowed"
    >
  | Plain<"ambiguous-credential" | "credential-missing" | "credential-invalid" | "credential-expired">
  | Plain<"revoked" | "renewal-refused">
  | Plain<"cluster-unknown" | "certificate-unknown" | "route-unknown">
  | Plain<"not-acceptable" | "body-too-large" | "media-type-unsupported">
  | Plain<"credential-bound" | "node-held-by-another" | "port-collision">
  | Plain<"offset-conflict" | "port-out-of-range">
  | (Plain<"option-invalid"> & { readonly field: string })
  | Plain<"node-not-allowed" | "name-not-allowed">
  | (Plain<"method-not-allowed"> & { readonly allow: readonly string[] })
  | (Plain<
      "too-many-requests" | "ca-unavailable" | "ca-expired" | "ledger-unavailable" | "issuer-unavailable"
    > & {
      readonly retryAfterSeconds: number;
    });

interface Plain<C extends string> {
  readonly code: C;
  readonly detail: string;
  /** The member, parameter or header that is wrong, as the caller spells it. */
  readonly field?: string;
  /** The checks that led here, where they help: those of the policy, or all that a dry run made. */
  readonly checks?: readonly Check[];
  /** For the protected log alone. Never a secret, never the evidence. */
  readonly cause?: string;
}

/** Refuses with what the code requires: `refuse({ code: "malformed-csr", detail: "…" })`. */
export const refuse = (refusal: Refusal): Result<never, Refusal> => err(refusal);
