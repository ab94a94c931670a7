import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import type { Behind } from "../../../src/ledger/rotation.ts";
import { DAY, NOON, reserveRequest, type ReserveChanges } from "../../support/ledger-requests.ts";
import { issueIn, keyOf, newLedger, nth, serialOf } from "../support/ledgers.ts";

const [OLD, NEW] = ["0".repeat(64), "1".repeat(64)];

/** What the secret is after each step of a root's rotation. */
const BEFORE = { snapshotId: "before", root: OLD, trustedRoots: [OLD] };
const PUBLISHED = { snapshotId: "published", root: OLD, trustedRoots: [OLD, NEW] };
const SIGNED = { snapshotId: "signed", root: NEW, trustedRoots: [OLD, NEW] };

const name = (n: number): string => `rabbit@mq-${String(n)}.prod.internal`;
const behind = async (ledger: Ledger, step: Behind["step"], now = NOON): Promise<readonly string[]> => {
  const page = await ledger.liveNodes({ now, behind: { step, root: NEW }, limit: 100, cursor: null });
  return page.nodes.map(({ node }) => node);
};
/** The node asks again with the same key, and gets the recorded certificate with the CA bundle of today. */
const replay = async (ledger: Ledger, n: number, changes: ReserveChanges): Promise<string> =>
  (await ledger.reserve(reserveRequest(nth(n, changes)))).kind;
const acknowledge = (ledger: Ledger, n: number, caGeneration: number, now = NOON) =>
  ledger.acknowledge({ now, node: name(n), caGeneration, actor: "administrator", spkiSha256: null });

describe("a root's rotation", () => {
  it("waits for the nodes that are not known to have the new root, by name", async () => {
    const { ledger } = newLedger();
    for (const n of [1, 2, 3]) await issueIn(ledger, nth(n, BEFORE));
    expect(await behind(ledger, "sign")).toEqual([1, 2, 3].map(name));
    expect(await replay(ledger, 1, PUBLISHED)).toBe("replay");
    expect(await behind(ledger, "sign")).toEqual([2, 3].map(name));
    expect(await acknowledge(ledger, 2, 2)).toBe("acknowledged");
    expect(await behind(ledger, "sign")).toEqual([name(3)]);
  });

  it("does not take the word of a key that no longer holds the node's name", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, nth(1, PUBLISHED));
    const moved = nth(1, {
      ...PUBLISHED,
      plan: { serial: serialOf(9), spkiSha256: keyOf(9) },
      credential: { id: "jti:9" },
    });
    await issueIn(ledger, moved);
    const speak = (n: number) =>
      ledger.acknowledge({ now: NOON, node: name(1), caGeneration: 1, actor: "cert", spkiSha256: keyOf(n) });
    expect(await speak(1)).toBe("superseded");
    expect(await speak(9)).toBe("acknowledged");
  });

  it("waits before the old root leaves for the nodes whose certificate is under it, whatever they trust", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, nth(1, BEFORE));
    await issueIn(ledger, nth(2, SIGNED));
    expect(await replay(ledger, 1, { ...SIGNED, now: NOON + 1 })).toBe("replay");
    expect(await behind(ledger, "sign", NOON + 1)).toEqual([]);
    expect(await behind(ledger, "retire", NOON + 1)).toEqual([name(1)]);
    await issueIn(
      ledger,
      nth(1, { ...SIGNED, plan: { serial: serialOf(9), spkiSha256: keyOf(9) }, credential: { id: "jti:9" } }),
    );
    expect(await behind(ledger, "retire")).toEqual([]);
  });

  it("does not count what was planned and never left", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, nth(1, BEFORE));
    const again = nth(1, {
      ...SIGNED,
      plan: { serial: serialOf(9), spkiSha256: keyOf(9) },
      credential: { id: "jti:9" },
    });
    expect((await ledger.reserve(reserveRequest(again))).kind).toBe("fresh");
    expect(await behind(ledger, "sign")).toEqual([name(1)]);
    expect(await behind(ledger, "retire")).toEqual([name(1)]);
  });

  it("takes the last reply for what the node has, also one of an instance that was late to see the change", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, nth(1, PUBLISHED));
    expect(await replay(ledger, 1, { ...BEFORE, now: NOON + 60 })).toBe("replay");
    expect(await behind(ledger, "sign", NOON + 60)).toEqual([name(1)]);
  });

  it("writes once an hour that a node was sent what it has, and at once that it was sent something else", async () => {
    const { ledger } = newLedger();
    const seenAt = async (): Promise<number | null | undefined> =>
      (await ledger.liveNodes({ now: NOON, behind: null, limit: 1, cursor: null })).nodes[0]?.seenAt;
    await issueIn(ledger, nth(1, PUBLISHED));
    await replay(ledger, 1, { ...PUBLISHED, now: NOON + 3599 });
    expect(await seenAt()).toBe(NOON);
    await replay(ledger, 1, { ...PUBLISHED, now: NOON + 3600 });
    expect(await seenAt()).toBe(NOON + 3600);
    await replay(ledger, 1, { ...BEFORE, now: NOON + 3601 });
    expect(await seenAt()).toBe(NOON + 3601);
    await replay(ledger, 1, { ...PUBLISHED, now: NOON + 3602 });
    expect(await seenAt()).toBe(NOON + 3602);
  });

  it("does not wait for nodes that are gone: ended or revoked certificates", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, nth(1, BEFORE));
    await issueIn(ledger, nth(2, { ...BEFORE, plan: { notAfter: NOON + DAY } }));
    const target = { kind: "node", node: name(1) } as const;
    await ledger.revoke({ now: NOON, target, reason: "cessationOfOperation" });
    expect(await behind(ledger, "sign", NOON + 2 * DAY)).toEqual([]);
  });

  it("is remembered: each generation once, each acknowledgement once", async () => {
    const { ledger, object } = newLedger();
    await issueIn(ledger, nth(1, BEFORE));
    await replay(ledger, 1, PUBLISHED);
    await acknowledge(ledger, 1, 2);
    await acknowledge(ledger, 1, 1, NOON + 1);
    await acknowledge(ledger, 1, 2, NOON + 2);
    const events = await runInDurableObject(object, (_, state) =>
      state.storage.sql
        .exec<{ kind: string; detail: string }>(
          "SELECT kind, detail FROM event WHERE kind LIKE 'generation-%' ORDER BY seq",
        )
        .toArray()
        .map(({ kind, detail }) => `${kind} ${detail}`),
    );
    expect(events).toEqual([
      "generation-published 1 before",
      "generation-published 2 published",
      "generation-acknowledged 2",
      "generation-acknowledged 1",
    ]);
  });
});

describe("an acknowledgement", () => {
  it("is of a generation that was published, and of a node that lives", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, nth(1, BEFORE));
    expect(await acknowledge(ledger, 1, 2)).toBe("generation-unknown");
    expect(await acknowledge(ledger, 2, 1)).toBe("node-unknown");
    expect(await acknowledge(ledger, 1, 1, NOON + 31 * DAY)).toBe("node-unknown");
  });
});

describe("the live nodes", () => {
  it("come by name, in pages, with what each is known to have", async () => {
    const { ledger } = newLedger();
    for (const n of [2, 1, 3]) await issueIn(ledger, nth(n, BEFORE));
    await acknowledge(ledger, 1, await ledger.countGeneration({ ...reserveRequest(PUBLISHED) }), NOON + 5);
    const ask = (cursor: string | null) => ledger.liveNodes({ now: NOON, behind: null, limit: 2, cursor });
    const first = await ask(null);
    const second = await ask(first.next);
    expect([...first.nodes, ...second.nodes].map(({ node }) => node)).toEqual([1, 2, 3].map(name));
    expect(second.next).toBeNull();
    const certificate = (n: number) => ({ serial: serialOf(n), notAfter: NOON + 30 * DAY, caGeneration: 1 });
    expect(first.nodes).toEqual([
      {
        node: name(1),
        caGeneration: 2,
        seenAt: NOON + 5,
        acknowledged: true,
        certificate: certificate(1),
      },
      { node: name(2), caGeneration: 1, seenAt: NOON, acknowledged: false, certificate: certificate(2) },
    ]);
  });

  it("are forgotten with their certificates, what they had included", async () => {
    const { ledger, object } = newLedger();
    await issueIn(ledger, nth(1, { ...BEFORE, plan: { notAfter: 1 } }));
    await runInDurableObject(object, async (instance, state) => {
      await instance.alarm();
      expect(state.storage.sql.exec("SELECT * FROM ack").toArray()).toEqual([]);
    });
  });
});

describe("generations", () => {
  it("are told with their roots", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, nth(1, BEFORE));
    await replay(ledger, 1, { ...PUBLISHED, now: NOON + 60 });
    expect(await ledger.generations()).toEqual([
      { caGeneration: 1, firstSeenAt: NOON, ...BEFORE },
      { caGeneration: 2, firstSeenAt: NOON + 60, ...PUBLISHED },
    ]);
  });
});
