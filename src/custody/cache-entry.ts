import { canIssue } from "../pki/can-issue.ts";
import type { CaSnapshot } from "./snapshot.ts";

/** What an isolate knows of one cluster's CA. Immutable: every event gives the next entry. */
export interface CacheEntry {
  readonly current: {
    readonly snapshot: CaSnapshot;
    readonly versionId: string;
    readonly confirmedAt: number;
  } | null;
  /** The failures since the store last confirmed a usable version. */
  readonly failure: { readonly count: number; readonly retryAt: number; readonly code: UnusableCode } | null;
}

export type UnusableCode = "ca-unavailable" | "ca-expired";

/** Seconds. */
export interface CacheTimes {
  /** How long a confirmed snapshot is used without asking again (`CA_CACHE_SECONDS`). */
  readonly cacheSeconds: number;
  /** How long it is used while the store does not confirm it (`CA_STALE_SECONDS`). */
  readonly staleSeconds: number;
}

/** What a request does with an entry. */
export type Consultation =
  | { readonly kind: "use"; readonly snapshot: CaSnapshot; readonly refresh: boolean }
  | { readonly kind: "load" }
  | { readonly kind: "refuse"; readonly code: UnusableCode; readonly retryAfterSeconds: number };

export const EMPTY: CacheEntry = { current: null, failure: null };

const FIRST_DELAY_SECONDS = 2;
const MAX_DELAY_SECONDS = 60;

/** A snapshot is used while it is confirmed or not too stale, and only while its CA can issue. */
export const consult = (entry: CacheEntry, now: number, times: CacheTimes): Consultation => {
  const mayAsk = entry.failure === null || !isWaiting(entry.failure, now);
  if (entry.current !== null && canIssue(entry.current.snapshot.ca, now)) {
    const age = now - entry.current.confirmedAt;
    // A clock that stepped back makes the age negative: ask again, and use what we have.
    if (age >= 0 && age < times.cacheSeconds)
      return { kind: "use", snapshot: entry.current.snapshot, refresh: false };
    if (age < times.staleSeconds) return { kind: "use", snapshot: entry.current.snapshot, refresh: mayAsk };
  }
  if (mayAsk) return { kind: "load" };
  return refusal(entry, now);
};

/** The same for a request that has waited for a fetch of `since`: what that confirmed is fresh, however short the times. */
export const consultAfter = (
  entry: CacheEntry,
  since: number,
  now: number,
  times: CacheTimes,
): Consultation => {
  const { current, failure } = entry;
  return current !== null &&
    failure === null &&
    current.confirmedAt >= since &&
    canIssue(current.snapshot.ca, now)
    ? { kind: "use", snapshot: current.snapshot, refresh: false }
    : consult(entry, now, times);
};

/** The store has given this version, and it is usable. */
export const confirmed = (snapshot: CaSnapshot, versionId: string, now: number): CacheEntry => ({
  current: { snapshot, versionId, confirmedAt: now },
  failure: null,
});

/** The store failed, or its version is unusable. What was confirmed stays. `jitter` is in [0, 1). */
export const failed = (entry: CacheEntry, code: UnusableCode, now: number, jitter: number): CacheEntry => {
  const count = (entry.failure?.count ?? 0) + 1;
  const delay = Math.min(FIRST_DELAY_SECONDS * 2 ** Math.min(count - 1, 10), MAX_DELAY_SECONDS);
  return {
    current: entry.current,
    failure: { count, retryAt: now + Math.ceil((delay * (1 + jitter)) / 2), code },
  };
};

/** For an entry without a usable snapshot: which refusal, and when to come again. */
export const refusal = (
  { current, failure }: CacheEntry,
  now: number,
): Consultation & { kind: "refuse" } => ({
  kind: "refuse",
  code:
    current !== null && !canIssue(current.snapshot.ca, now)
      ? "ca-expired"
      : (failure?.code ?? "ca-unavailable"),
  retryAfterSeconds: Math.min(Math.max(1, (failure?.retryAt ?? now) - now), MAX_DELAY_SECONDS),
});

/** A wait longer than any that we set comes from a clock that stepped back, and is over. */
const isWaiting = ({ retryAt }: { readonly retryAt: number }, now: number): boolean =>
  now < retryAt && retryAt - now <= MAX_DELAY_SECONDS;
