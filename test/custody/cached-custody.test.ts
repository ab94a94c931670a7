import { afterEach, describe, expect, it, vi } from "vitest";
import {
  cachedCustody,
  type CachedCustodyOptions,
  type CustodyEvent,
} from "../../src/custody/cached-custody.ts";
import { SecretUnavailable, type SecretVersion } from "../../src/custody/custody.ts";
import { clusterWith } from "../policy/cluster.ts";
import { makeSecret } from "../support/cluster-secret.ts";

const NOW = 1_800_000_000;
const DAY = 86_400;
const cluster = clusterWith();
const [first, second] = await Promise.all([makeSecret(NOW), makeSecret(NOW)]);
const version = (versionId: string, text: string): SecretVersion => ({ versionId, text });
const v1 = version("v1", first.text);
const v2 = version("v2", second.text);

type Answer = SecretVersion | SecretUnavailable["reason"] | Promise<SecretVersion>;

/** A custody over a store that answers as it is told. `settle` waits for what the requests left behind. */
const world = (answer: Answer, options: Partial<CachedCustodyOptions> = {}) => {
  const store = {
    answer,
    fetch: vi.fn(async (): Promise<SecretVersion> => {
      if (typeof store.answer === "string") throw new SecretUnavailable(store.answer);
      return await store.answer;
    }),
  };
  const behind: Promise<unknown>[] = [];
  const events: CustodyEvent[] = [];
  const custody = cachedCustody({
    store,
    cacheSeconds: 300,
    staleSeconds: 3600,
    random: (length) => new Uint8Array(length).fill(255),
    waitUntil: (work) => behind.push(work),
    log: (event) => events.push(event),
    ...options,
  });
  const settle = async () => {
    await Promise.all(behind);
  };
  return { store, custody, events, settle };
};

/** The trust bundle that the request would give out, or the refusal's code. */
const outcome = async ({ custody }: ReturnType<typeof world>, now: number): Promise<string> => {
  const snapshot = await custody.snapshot(cluster, now);
  return snapshot.ok ? snapshot.value.ca.trustBundlePem : snapshot.error.code;
};

afterEach(() => {
  vi.useRealTimers();
});

describe("cachedCustody", () => {
  it("loads once and gives every request the same snapshot", async () => {
    const w = world(v1);
    const snapshots = await Promise.all(Array.from({ length: 50 }, () => w.custody.snapshot(cluster, NOW)));
    snapshots.push(await w.custody.snapshot(cluster, NOW + 299));
    expect(new Set(snapshots.map((snapshot) => snapshot.ok && snapshot.value)).size).toBe(1);
    expect(w.store.fetch.mock.calls).toEqual([[cluster.ca.secret]]);
    expect(w.events).toEqual([{ level: "info", event: "ca-loaded", cluster: "mq" }]);
  });

  it("asks for every request where nothing may be kept, and answers what it was given", async () => {
    const w = world(v1, { cacheSeconds: 0, staleSeconds: 0 });
    expect(await outcome(w, NOW)).toBe(first.secret.trustBundle);
    w.store.answer = v2;
    const shared = await Promise.all(Array.from({ length: 5 }, () => outcome(w, NOW)));
    expect(new Set(shared)).toEqual(new Set([second.secret.trustBundle]));
    expect(w.store.fetch).toHaveBeenCalledTimes(2);
    w.store.answer = "unreachable";
    expect(await outcome(w, NOW)).toBe("ca-unavailable");
    expect(await outcome(w, NOW + 1)).toBe("ca-unavailable");
    w.store.answer = v1;
    expect(await outcome(w, NOW + 60)).toBe(first.secret.trustBundle);
  });

  it("refreshes behind the request, once, and uses the new version from the next on", async () => {
    const w = world(v1);
    await outcome(w, NOW);
    w.store.answer = v2;
    const during = await Promise.all(Array.from({ length: 20 }, () => outcome(w, NOW + 300)));
    expect(new Set(during)).toEqual(new Set([first.secret.trustBundle]));
    await w.settle();
    expect(await outcome(w, NOW + 300)).toBe(second.secret.trustBundle);
    expect(w.store.fetch).toHaveBeenCalledTimes(2);
  });

  it("secrets-manager-rotated-mid-flight: a request keeps its snapshot, whole", async () => {
    const w = world(v1);
    const before = await w.custody.snapshot(cluster, NOW);
    w.store.answer = v2;
    await outcome(w, NOW + 300);
    await w.settle();
    const after = await w.custody.snapshot(cluster, NOW + 300);
    if (!before.ok || !after.ok) throw new Error("both versions are well");
    expect(before.value.ca).toMatchObject({
      chainPem: first.secret.certificate,
      trustBundlePem: first.secret.trustBundle,
    });
    expect(after.value.ca).toMatchObject({
      chainPem: second.secret.certificate,
      trustBundlePem: second.secret.trustBundle,
    });
    expect(after.value.id).not.toBe(before.value.id);
    expect(Object.is(before.value.tokenKey, after.value.tokenKey)).toBe(false);
  });

  it("keeps the snapshot that it holds when the version is the same", async () => {
    const w = world(v1);
    const before = await w.custody.snapshot(cluster, NOW);
    await w.custody.snapshot(cluster, NOW + 300);
    await w.settle();
    const after = await w.custody.snapshot(cluster, NOW + 500);
    expect(before.ok && after.ok && before.value === after.value).toBe(true);
    expect(w.store.fetch).toHaveBeenCalledTimes(2);
    expect(w.events).toHaveLength(1);
  });

  it("uses the old one for the stale time while the store fails, and asks with growing pauses", async () => {
    const w = world(v1);
    await outcome(w, NOW);
    w.store.answer = "throttled";
    for (let now = NOW + 300; now < NOW + 3600; now += 1) {
      expect(await outcome(w, now)).toBe(first.secret.trustBundle);
      await w.settle();
    }
    expect(await outcome(w, NOW + 3600)).toBe("ca-unavailable");
    // 5 failures in the first minute, then about one a minute.
    expect(w.store.fetch.mock.calls.length).toBeGreaterThan(50);
    expect(w.store.fetch.mock.calls.length).toBeLessThan(70);
    const levels = () =>
      new Set(w.events.filter(({ event }) => event === "ca-fetch-failed").map(({ level }) => level));
    expect(levels()).toEqual(new Set(["warn"]));
    expect(await outcome(w, NOW + 3660)).toBe("ca-unavailable");
    expect(levels()).toEqual(new Set(["warn", "error"]));
  });

  it.each([
    "access-denied",
    "not-found",
    "throttled",
    "timeout",
    "unreachable",
    "malformed-reply",
    "not-configured",
  ] as const)(
    "secrets-manager-%s at the first request: refused, logged, and not asked again at once",
    async (reason) => {
      const w = world(reason);
      const refusals = await Promise.all(Array.from({ length: 100 }, () => w.custody.snapshot(cluster, NOW)));
      refusals.push(await w.custody.snapshot(cluster, NOW + 1));
      for (const refusal of refusals)
        expect(refusal).toMatchObject({ ok: false, error: { code: "ca-unavailable" } });
      expect(refusals[0]).toMatchObject({ error: { retryAfterSeconds: 2 } });
      expect(w.store.fetch).toHaveBeenCalledTimes(1);
      expect(w.events).toEqual([{ level: "error", event: "ca-fetch-failed", cluster: "mq", cause: reason }]);
    },
  );

  it("gets well by itself when the store does", async () => {
    const w = world("unreachable");
    expect(await outcome(w, NOW)).toBe("ca-unavailable");
    w.store.answer = v1;
    expect(await outcome(w, NOW + 2)).toBe(first.secret.trustBundle);
  });

  it.each<[string, string, string]>([
    ["secrets-manager-truncated-json", first.text.slice(0, 100), "not-json"],
    ["secrets-manager-not-json", "<html></html>", "not-json"],
    [
      "another CA's key",
      JSON.stringify({ ...first.secret, privateKey: second.secret.privateKey }),
      "key-mismatch",
    ],
  ])(
    "%s in a new version: the old key is kept, with an alarm, and refused when too stale",
    async (_fault, text, cause) => {
      const w = world(v1);
      await outcome(w, NOW);
      w.store.answer = version("v2", text);
      await outcome(w, NOW + 300);
      await w.settle();
      expect(await outcome(w, NOW + 301)).toBe(first.secret.trustBundle);
      expect(w.events.at(-1)).toEqual({ level: "error", event: "ca-defective", cluster: "mq", cause });
      expect(await outcome(w, NOW + 3600)).toBe("ca-unavailable");
      w.store.answer = v2;
      expect(await outcome(w, NOW + 3660)).toBe(second.secret.trustBundle);
    },
  );

  it("secrets-manager-expired-ca: never signs, says so, and takes a new CA when it comes", async () => {
    const w = world(version("v0", (await makeSecret(NOW - 20 * DAY, { lifetime: 10 * DAY })).text));
    expect(await outcome(w, NOW)).toBe("ca-expired");
    expect(w.events).toEqual([{ level: "error", event: "ca-defective", cluster: "mq", cause: "validity" }]);
    w.store.answer = v1;
    expect(await outcome(w, NOW + 2)).toBe(first.secret.trustBundle);
  });

  it("does not use a cached CA in its last hour, when it signs nothing, whatever the store says", async () => {
    const ending = await makeSecret(NOW, { lifetime: DAY });
    const last = NOW - 300 + DAY - 1 - 3600;
    const w = world(version("v1", ending.text));
    expect(await outcome(w, last)).toBe(ending.secret.trustBundle);
    w.store.answer = "unreachable";
    expect(await outcome(w, last + 1)).toBe("ca-expired");
    w.store.answer = version("v1", ending.text);
    expect(await outcome(w, last + 10)).toBe("ca-expired");
  });

  it.each([
    ["secrets-manager-ca-expires-in-1h: within it", 3900, ["error ca-defective"]],
    ["secrets-manager-ca-expires-in-1h", 3901, ["info ca-loaded", "error ca-expires-soon"]],
    ["a CA that ends before the longest lifetime", 60 * DAY, ["info ca-loaded", "warn ca-expires-soon"]],
    ["a CA with time enough", 91 * DAY, ["info ca-loaded"]],
  ])("%s is said before lifetimes are refused", async (_what, lifetime, expected) => {
    const w = world(version("v1", (await makeSecret(NOW, { lifetime })).text));
    await outcome(w, NOW);
    expect(w.events.map(({ level, event }) => `${level} ${event}`)).toEqual(expected);
  });

  it("does not wait for a fetch that went down with another request", async () => {
    vi.useFakeTimers();
    const w = world(new Promise<SecretVersion>(() => {}));
    const waiting = outcome(w, NOW);
    await vi.advanceTimersByTimeAsync(5000);
    expect(await waiting).toBe("ca-unavailable");
    w.store.answer = v1;
    expect(await outcome(w, NOW + 5)).toBe(first.secret.trustBundle);
  });

  it("keeps the clusters apart", async () => {
    const w = world(v1);
    await outcome(w, NOW);
    w.store.answer = "not-found";
    const other = { ...clusterWith(), id: "other", ca: { secret: "interlock/other" } };
    expect(await w.custody.snapshot(other, NOW)).toMatchObject({
      ok: false,
      error: { code: "ca-unavailable" },
    });
    expect(await outcome(w, NOW + 1)).toBe(first.secret.trustBundle);
  });

  it("refuses on a fault of the store that nobody foresaw, without its text", async () => {
    const w = world(v1);
    w.store.fetch.mockRejectedValue(new TypeError("CANARY"));
    expect(await outcome(w, NOW)).toBe("ca-unavailable");
    expect(w.events).toEqual([{ level: "error", event: "ca-fetch-failed", cluster: "mq", cause: "fault" }]);
  });
});
