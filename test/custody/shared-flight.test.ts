import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { landing, sharedFlight } from "../../src/custody/shared-flight.ts";

const NOW = 1_800_000_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Work that lands when it is told to, and keeps its outcome only while it is current. */
const work = () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const kept: boolean[] = [];
  const run = vi.fn(async (isCurrent: () => boolean) => {
    await promise;
    kept.push(isCurrent());
  });
  return { run, kept, land: resolve };
};

describe("sharedFlight", () => {
  it("starts work once for all who ask meanwhile, and again after it has landed", async () => {
    const share = sharedFlight(() => {});
    const first = work();
    const flights = Array.from({ length: 100 }, () => share("mq", NOW, first.run));
    expect(new Set(flights).size).toBe(1);
    first.land();
    await Promise.all(flights.map(landing));
    expect(first.run).toHaveBeenCalledTimes(1);
    expect(first.kept).toEqual([true]);
    const second = work();
    second.land();
    await landing(share("mq", NOW, second.run));
    expect(second.kept).toEqual([true]);
  });

  it("keeps the clusters apart", () => {
    const share = sharedFlight(() => {});
    expect(share("mq", NOW, work().run)).not.toBe(share("emqx", NOW, work().run));
  });

  it("puts the work under waitUntil, so that it outlives the request that started it", () => {
    const waitUntil = vi.fn();
    const flight = sharedFlight(waitUntil)("mq", NOW, work().run);
    expect(waitUntil.mock.calls).toEqual([[flight.landed]]);
  });

  it("lets nobody wait for a flight that went down with its request", async () => {
    const share = sharedFlight(() => {});
    const landed = vi.fn();
    const waiting = landing(share("mq", NOW, work().run)).then(landed);
    await vi.advanceTimersByTimeAsync(4999);
    expect(landed).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await waiting;
    expect(landed).toHaveBeenCalled();
  });

  it("replaces it after five seconds, and drops its outcome when it lands after all", async () => {
    const share = sharedFlight(() => {});
    const lost = work();
    const lostFlight = share("mq", NOW, lost.run);
    expect(share("mq", NOW + 4, lost.run)).toBe(lostFlight);
    const next = work();
    const nextFlight = share("mq", NOW + 5, next.run);
    expect(nextFlight).not.toBe(lostFlight);
    lost.land();
    await landing(lostFlight);
    expect(lost.kept).toEqual([false]);
    next.land();
    await landing(nextFlight);
    expect(next.kept).toEqual([true]);
  });

  it("replaces it when the clock has stepped back", () => {
    const share = sharedFlight(() => {});
    expect(share("mq", NOW - 3600, work().run)).not.toBe(share("mq", NOW, work().run));
  });
});
