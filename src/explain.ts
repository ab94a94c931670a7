import type { Check, Refusal, RefusalCode } from "./refusal.ts";

/** The checks of a bundle call, in the order in which they are made. */
const NAMES = [
  "ca-can-sign",
  "credential-is-valid",
  "within-rate-limit",
  "cluster-allows-name",
  "cluster-allows-host",
  "credential-names-node",
  "may-renew",
  "csr-is-acceptable",
  "csr-names-are-granted",
  "options-are-possible",
  "credential-is-free",
  "not-revoked",
  "key-is-its-own",
  "node-name-is-free",
  "identity-has-one-node",
  "port-is-free",
  "certificate-can-be-made",
] as const;

/** What a dry run that nothing refused has passed. */
export const ALL_PASSED: readonly Check[] = NAMES.map((name) => ({ name, pass: true }));

export const passed = (...names: readonly string[]): readonly Check[] =>
  names.map((name) => ({ name, pass: true }));

export const failed = (name: string, refusal: Refusal | null): readonly Check[] =>
  refusal === null ? [] : [{ name, pass: false, detail: refusal.detail }];

/** Every check once and in order: where it failed, where it passed, or why it was not made. */
export const inOrder = (made: readonly Check[], notMade: string): readonly Check[] =>
  NAMES.map((name) => {
    const own = made.filter((check) => check.name === name);
    return own.find(({ pass }) => pass === false) ?? own[0] ?? { name, pass: null, detail: notMade };
  });

/** Where a caller may fail of whom nothing is known, with the refusals that say so. */
const BEFORE_ANYBODY: readonly (readonly [name: string, refusals: readonly RefusalCode[]])[] = [
  ["ca-can-sign", ["ca-unavailable", "ca-expired"]],
  [
    "credential-is-valid",
    ["credential-missing", "credential-invalid", "credential-expired", "issuer-unavailable"],
  ],
  ["within-rate-limit", ["too-many-requests"]],
  ["not-revoked", ["revoked"]],
  ["may-renew", ["renewal-refused"]],
];

const NOBODY = "not made: without a credential that holds, nothing more is said";

/** A dry run's refusal of a stranger: what failed, and of everything after it no word. */
export const explainedToStrangers = (refusal: Refusal): Refusal => {
  const at = BEFORE_ANYBODY.findIndex(([, refusals]) => refusals.includes(refusal.code));
  const [name] = BEFORE_ANYBODY[at] ?? [];
  if (name === undefined) return refusal;
  const before = BEFORE_ANYBODY.slice(0, Math.min(at, 2)).map(([earlier]) => earlier);
  return { ...refusal, checks: inOrder([...passed(...before), ...failed(name, refusal)], NOBODY) };
};
