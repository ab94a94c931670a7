import type { Libcrypto } from "../support/libcrypto.ts";
import { certificateTarget } from "./certificate-target.ts";
import { cmsTarget } from "./cms-target.ts";
import { csrTarget } from "./csr-target.ts";
import { keyTarget } from "./key-target.ts";
import { pemTarget } from "./pem-target.ts";
import { signatureTarget } from "./signature-target.ts";
import type { Target } from "./target.ts";

interface TargetEntry {
  readonly open: (openssl: Libcrypto | null) => Target | Promise<Target>;
  /** Unless the command line says otherwise. */
  readonly runs: number;
}

/** Every reader of hostile bytes that is ours, by its name on the command line. */
export const TARGETS = {
  csr: { open: csrTarget, runs: 1_000_000 },
  cms: { open: cmsTarget, runs: 100_000 },
  certificate: { open: certificateTarget, runs: 100_000 },
  key: { open: keyTarget, runs: 100_000 },
  signature: { open: signatureTarget, runs: 100_000 },
  pem: { open: pemTarget, runs: 100_000 },
} satisfies Record<string, TargetEntry>;

export type TargetName = keyof typeof TARGETS;

export const TARGET_NAMES = Object.keys(TARGETS) as readonly TargetName[];

export const openTarget = async (name: TargetName, openssl: Libcrypto | null): Promise<Target> => {
  const entry: TargetEntry = TARGETS[name];
  return entry.open(openssl);
};
