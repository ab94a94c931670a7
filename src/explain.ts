import type { Check, Refusal, RefusalCode } from "./refusal.ts";

/** The checks of a bundle call in the order in which they are made, each with the refusals that it may end in. */
const CHECKS: readonly (readonly [name: string, refusals: readonly RefusalCode[]])[] = [
  ["ca-can-sign", ["ca-unavailable", "ca-expired"]],
  [
    "credential-is-valid",
    ["credential-missing", "credential-invalid", "credential-expired", "issuer-unavailable"],
  ],
  ["within-rate-limit", ["too-many-requests"]],
  ["not-revoked", ["revoked"]],
  ["cluster-allows-name", []],
  ["cluster-allows-host", []],
  ["credential-names-node", ["node-not-allowed"]],
  ["may-renew", ["renewal-refused"]],
  ["credential-is-free", ["credential-bound"]],
  ["csr-is-acceptable", ["malformed-csr", "csr-signature-invalid", "key-type-not-allowed", "weak-key"]],
  ["csr-names-are-granted", ["name-not-allowed"]],
  ["options-are-possible", ["option-invalid", "offset-conflict", "port-out-of-range", "not-acceptable"]],
  ["node-name-is-free", ["node-held-by-another"]],
  ["port-is-free", ["port-collision"]],
];

/** What a dry run that nothing refused has passed. */
export const ALL_PASSED: readonly Check[] = CHECKS.map(([name]) => ({ name, pass: true }));

/**
 * A dry run's refusal with every check up to the one that failed. Those after it were not made, so nothing is said of them; where one
 * refusal may come from two places, it is told as from the earlier.
 */
export const explained = (refusal: Refusal): Refusal => {
  const failed = CHECKS.findIndex(([, refusals]) => refusals.includes(refusal.code));
  if (failed < 0) return refusal;
  const own = refusal.checks ?? [];
  const named = new Set(own.map(({ name }) => name));
  const made = CHECKS.slice(0, failed + 1).filter(([name]) => !named.has(name));
  const checks = made.map(([name]): Check => ({ name, pass: name !== CHECKS[failed]?.[0] }));
  return { ...refusal, checks: [...checks, ...own] };
};
