import type { IssuingCa } from "./issuing-ca.ts";
import { MIN_LIFETIME_SECONDS } from "./profile.ts";

/** Whether a CA may sign at `now` (epoch seconds): it is valid, and lives as long as the shortest certificate. */
export const canIssue = (
  { notBefore, notAfter }: Pick<IssuingCa, "notBefore" | "notAfter">,
  now: number,
): boolean => notBefore <= now && now + MIN_LIFETIME_SECONDS <= notAfter;
