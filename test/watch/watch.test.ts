import { describe, expect, it } from "vitest";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { LedgerUnavailable } from "../../src/ledger/ledger.ts";
import type { Notice } from "../../src/ledger/notices.ts";
import type { LogLine } from "../../src/log.ts";
import { messageOf, watchClusters, type Watch } from "../../src/watch/watch.ts";
import { clusterWith } from "../policy/cluster.ts";

const NOW = 1_800_000_000;
const notice = (serial: string): Notice => ({
  id: `will-expire:${serial}:86400`,
  kind: "will-expire",
  node: "rabbit@mq-1.prod.internal",
  serial,
  credential: null,
  notAfter: NOW + 3600,
  threshold: 86_400,
});

/** A ledger that has these notices to tell; what it was told to remember goes into `told`. */
const ledgerWith = (due: readonly Notice[], told: string[]): Ledger =>
  ({
    dueNotices: async () => due,
    recordNotices: async (_now: number, ids: readonly string[]) => void told.push(...ids),
  }) satisfies Partial<Ledger> as unknown as Ledger; // The watch calls nothing else while the CA cannot be had.

const watchOf = (changes: Partial<Watch>): Watch & { readonly lines: LogLine[] } => {
  const lines: LogLine[] = [];
  return {
    clusters: new Map([["mq", { ...clusterWith(), id: "mq" }]]),
    custody: {
      snapshot: async () => ({
        ok: false,
        error: { code: "ca-unavailable", detail: "no secret", retryAfterSeconds: 5 },
      }),
    },
    ledgerOf: () => ledgerWith([], []),
    notify: { url: "https://hooks.example.com/", key: "k".repeat(32) },
    post: async () => new Response(),
    log: (line) => void lines.push(line),
    now: NOW,
    lines,
    ...changes,
  };
};

describe("the work between requests", () => {
  it("tells what is due although the CA cannot be had, and logs that it cannot", async () => {
    const told: string[] = [];
    const watch = watchOf({ ledgerOf: () => ledgerWith([notice("0a"), notice("0b")], told) });
    expect(await watchClusters(watch)).toEqual({ mq: { crlNextUpdate: null, told: 2, failed: 0 } });
    expect(told).toEqual([notice("0a").id, notice("0b").id]);
    expect(watch.lines).toMatchObject([{ event: "watch-failed", code: "ca-unavailable", cluster: "mq" }]);
  });
  it("remembers what was taken, and leaves the rest for the next time", async () => {
    const told: string[] = [];
    let calls = 0;
    const watch = watchOf({
      ledgerOf: () => ledgerWith([notice("0a"), notice("0b"), notice("0c")], told),
      post: async () => new Response("", { status: ++calls === 2 ? 500 : 200 }),
    });
    expect(await watchClusters(watch)).toEqual({ mq: { crlNextUpdate: null, told: 1, failed: 2 } });
    expect([calls, told]).toEqual([2, [notice("0a").id]]);
    expect(watch.lines.map(({ event }) => event)).toContain("notify-failed");
  });
  it("posts nothing where nobody asked to be told", async () => {
    const watch = watchOf({
      ledgerOf: () => ledgerWith([notice("0a")], []),
      notify: null,
      post: () => Promise.reject(new Error("posted")),
    });
    expect(await watchClusters(watch)).toEqual({ mq: { crlNextUpdate: null, told: 0, failed: 0 } });
  });
  it("goes on with the other clusters where one ledger does not answer", async () => {
    const watch = watchOf({
      clusters: new Map(["down", "up"].map((id) => [id, { ...clusterWith(), id }])),
      ledgerOf: (id) => {
        if (id === "up") return ledgerWith([notice("0a")], []);
        throw new LedgerUnavailable("down");
      },
    });
    expect(await watchClusters(watch)).toMatchObject({ down: null, up: { told: 1 } });
  });
});

describe("a message", () => {
  it("says what, where and until when, and leaves out what does not apply", () => {
    expect(messageOf("mq", notice("0a"))).toEqual({
      id: "mq:will-expire:0a:86400",
      kind: "will-expire",
      cluster: "mq",
      node: "rabbit@mq-1.prod.internal",
      serial: "0a",
      notAfter: "2027-01-15T09:00:00Z",
      threshold: "1d",
    });
  });
});
