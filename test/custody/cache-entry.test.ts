import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  confirmed,
  consult,
  EMPTY,
  failed,
  refusal,
  type CacheEntry,
} from "../../src/custody/cache-entry.ts";
import { loadSnapshot } from "../../src/custody/cluster-secret.ts";
import { clusterWith } from "../policy/cluster.ts";
import { makeSecret } from "../support/cluster-secret.ts";

const NOW = 1_800_000_000;
const HOUR = 3600;
const TIMES = { cacheSeconds: 300, staleSeconds: 3600 };
const loaded = await loadSnapshot((await makeSecret(NOW)).text, clusterWith(), NOW);
if (!loaded.ok) throw new Error(loaded.error.detail);
const snapshot = loaded.value;
const fresh = confirmed(snapshot, "v1", NOW);

describe("consult", () => {
  it.each<[string, CacheEntry, number, object]>([
    ["loads where nothing is known", EMPTY, NOW, { kind: "load" }],
    ["uses what was just confirmed", fresh, NOW, { kind: "use", refresh: false }],
    ["uses it to the last second of the cache time", fresh, NOW + 299, { kind: "use", refresh: false }],
    ["refreshes behind the request from then on", fresh, NOW + 300, { kind: "use", refresh: true }],
    ["uses it to the last second of the stale time", fresh, NOW + 3599, { kind: "use", refresh: true }],
    ["loads again when it is too stale", fresh, NOW + 3600, { kind: "load" }],
    ["refreshes when the clock has stepped back", fresh, NOW - 60, { kind: "use", refresh: true }],
    [
      "uses the stale one while the store fails",
      failed(fresh, "ca-unavailable", NOW + 300, 0),
      NOW + 300,
      { kind: "use", refresh: false },
    ],
    [
      "asks the store again after the wait",
      failed(fresh, "ca-unavailable", NOW + 300, 0),
      NOW + 302,
      { kind: "use", refresh: true },
    ],
    [
      "refuses while the first load waits",
      failed(EMPTY, "ca-unavailable", NOW, 0),
      NOW,
      { kind: "refuse", code: "ca-unavailable", retryAfterSeconds: 1 },
    ],
    ["loads after the wait", failed(EMPTY, "ca-unavailable", NOW, 0), NOW + 1, { kind: "load" }],
    [
      "says that the store's CA is expired",
      failed(EMPTY, "ca-expired", NOW, 0),
      NOW,
      { kind: "refuse", code: "ca-expired" },
    ],
    [
      "refuses when too stale while the store fails",
      failed(fresh, "ca-unavailable", NOW + 3600, 0),
      NOW + 3600,
      { kind: "refuse", code: "ca-unavailable" },
    ],
    [
      "does not wait for a clock that has stepped back",
      failed(EMPTY, "ca-unavailable", NOW + 3600, 0),
      NOW,
      { kind: "load" },
    ],
    [
      "loads when the CA is in its last hour, however fresh",
      confirmed(snapshot, "v1", snapshot.ca.notAfter - HOUR),
      snapshot.ca.notAfter - HOUR + 1,
      { kind: "load" },
    ],
    [
      "uses it until then",
      confirmed(snapshot, "v1", snapshot.ca.notAfter - HOUR),
      snapshot.ca.notAfter - HOUR,
      { kind: "use", refresh: false },
    ],
    ["loads when the CA is not valid yet", fresh, snapshot.ca.notBefore - 1, { kind: "load" }],
  ])("%s", (_what, entry, now, expected) => {
    expect(consult(entry, now, TIMES)).toMatchObject(expected);
  });

  it("never uses a CA outside its validity, or in its last hour", () => {
    const ends = fc.oneof(fc.constant(snapshot.ca.notBefore), fc.constant(snapshot.ca.notAfter - HOUR));
    fc.assert(
      fc.property(
        ends,
        fc.integer({ min: -4000, max: 4000 }),
        fc.integer({ min: -4000, max: 4000 }),
        fc.boolean(),
        (end, a, b, broken) => {
          const entry = confirmed(snapshot, "v1", end + a);
          const found = consult(
            broken ? failed(entry, "ca-unavailable", end + a, 0.5) : entry,
            end + b,
            TIMES,
          );
          return (
            found.kind !== "use" ||
            (end + b >= snapshot.ca.notBefore && end + b <= snapshot.ca.notAfter - HOUR)
          );
        },
      ),
    );
  });
});

const delays = (count: number, jitter: number): readonly number[] => {
  let entry: CacheEntry = EMPTY;
  return Array.from({ length: count }, () => {
    entry = failed(entry, "ca-unavailable", NOW, jitter);
    return (entry.failure?.retryAt ?? 0) - NOW;
  });
};

describe("failures", () => {
  it("wait twice as long each time, to a minute", () => {
    expect(delays(8, 1)).toEqual([2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it("wait half of it at least", () => {
    expect(delays(8, 0)).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
  });

  it("keep what was confirmed, and end with the next confirmation", () => {
    expect(failed(fresh, "ca-unavailable", NOW, 0).current).toBe(fresh.current);
    expect(confirmed(snapshot, "v2", NOW).failure).toBeNull();
  });

  it("say ca-expired where the CA that we hold has ended, whatever failed", () => {
    expect(refusal(failed(fresh, "ca-unavailable", NOW, 0), snapshot.ca.notAfter + 1).code).toBe(
      "ca-expired",
    );
  });

  it("ask the caller back in a second to a minute", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -10_000, max: 10_000 }),
        fc.integer({ min: 1, max: 2000 }),
        (later, count) => {
          let entry: CacheEntry = EMPTY;
          for (let i = 0; i < Math.min(count, 20); i++) entry = failed(entry, "ca-unavailable", NOW, 0.5);
          const { retryAfterSeconds } = refusal(entry, NOW + later);
          return Number.isInteger(retryAfterSeconds) && retryAfterSeconds >= 1 && retryAfterSeconds <= 60;
        },
      ),
    );
  });
});
