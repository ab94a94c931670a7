import type { ClusterDefinition } from "../policy/definition.ts";
import { refuse } from "../refusal.ts";
import { ok, type Result } from "../result.ts";
import {
  confirmed,
  consult,
  consultAfter,
  EMPTY,
  failed,
  refusal,
  type CacheEntry,
  type CacheTimes,
  type UnusableCode,
} from "./cache-entry.ts";
import type { Custody, SecretStore } from "./custody.ts";
import { fetchSnapshot, type FetchedSnapshot, type FetchFailure } from "./fetch-snapshot.ts";
import { landing, sharedFlight, type Flight } from "./shared-flight.ts";

/** A line for the log. `error` is an alarm: it stays until an operator acts, or nothing can be issued meanwhile. */
export interface CustodyEvent {
  readonly level: "info" | "warn" | "error";
  readonly event: "ca-loaded" | "ca-expires-soon" | "ca-fetch-failed" | "ca-defective";
  readonly cluster: string;
  /** A fixed word. */
  readonly cause?: string;
}

export interface CachedCustodyOptions extends CacheTimes {
  readonly store: SecretStore;
  readonly random: (length: number) => Uint8Array;
  /** Keeps work alive beyond the request that started it. */
  readonly waitUntil: (work: Promise<unknown>) => void;
  readonly log: (event: CustodyEvent) => void;
}

/**
 * The cache of an isolate, around any store. What it keeps are values: one immutable snapshot serves a request from beginning to
 * end, whatever is fetched meanwhile. A snapshot that has not been confirmed for `cacheSeconds` is refreshed behind the request's
 * back; one that has not been for `staleSeconds` is used no more.
 */
export const cachedCustody = (options: CachedCustodyOptions): Custody => {
  const entries = new Map<string, CacheEntry>();
  const entryOf = (cluster: ClusterDefinition): CacheEntry => entries.get(cluster.id) ?? EMPTY;
  const share = sharedFlight(options.waitUntil);

  const refresh = (cluster: ClusterDefinition, now: number): Flight =>
    share(cluster.id, now, async (isCurrent) => {
      const outcome = await fetchSnapshot(options.store, cluster, entryOf(cluster).current, now);
      if (!isCurrent()) return;
      const entry = nextEntry(entryOf(cluster), outcome, now, options.random);
      entries.set(cluster.id, entry);
      const usable = consult(entry, now, options).kind === "use";
      for (const event of eventsOf(cluster, outcome, usable, now)) options.log(event);
    });

  return {
    snapshot: async (cluster, now) => {
      const found = consult(entryOf(cluster), now, options);
      if (found.kind === "refuse") return unusable(found.code, found.retryAfterSeconds);
      if (found.kind === "use") {
        if (found.refresh) refresh(cluster, now);
        return ok(found.snapshot);
      }
      const flight = refresh(cluster, now);
      await landing(flight);
      const loaded = consultAfter(entryOf(cluster), flight.startedAt, now, options);
      if (loaded.kind === "use") return ok(loaded.snapshot);
      const { code, retryAfterSeconds } = refusal(entryOf(cluster), now);
      return unusable(code, retryAfterSeconds);
    },
  };
};

type Outcome = Result<FetchedSnapshot, FetchFailure>;

const nextEntry = (
  entry: CacheEntry,
  outcome: Outcome,
  now: number,
  random: CachedCustodyOptions["random"],
): CacheEntry =>
  outcome.ok
    ? confirmed(outcome.value.snapshot, outcome.value.versionId, now)
    : failed(entry, outcome.error.code, now, (random(1)[0] ?? 0) / 256);

const eventsOf = (
  cluster: ClusterDefinition,
  outcome: Outcome,
  usable: boolean,
  now: number,
): readonly CustodyEvent[] => {
  const { id } = cluster;
  if (!outcome.ok) {
    const { fault, cause } = outcome.error;
    if (fault === "secret") return [{ level: "error", event: "ca-defective", cluster: id, cause }];
    return [{ level: usable ? "warn" : "error", event: "ca-fetch-failed", cluster: id, cause }];
  }
  const { changed, snapshot } = outcome.value;
  // Lifetimes that reach beyond the CA are refused: first the longest that callers may ask for, then the cluster's own.
  const left = snapshot.ca.notAfter - now;
  const soon = left < cluster.certificate.maxLifetime;
  const level = left < cluster.certificate.lifetime ? "error" : "warn";
  return [
    ...(changed ? [{ level: "info", event: "ca-loaded", cluster: id } as const] : []),
    ...(soon ? [{ level, event: "ca-expires-soon", cluster: id } as const] : []),
  ];
};

const unusable = (code: UnusableCode, retryAfterSeconds: number) =>
  refuse({
    code,
    retryAfterSeconds,
    detail:
      code === "ca-expired"
        ? "the cluster's CA is outside its validity or in its last hour, so nothing is signed; an operator must put a valid CA into its secret"
        : "the cluster's CA cannot be loaded at the moment, so nothing is signed; try again later",
  });
