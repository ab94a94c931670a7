import { describe, expect, it } from "vitest";
import type { KeyBinding, PossessionProof } from "../../../src/auth/principal.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { DAY, NOON, reserveRequest, type ReserveChanges } from "../../support/ledger-requests.ts";
import { codeOf, issueIn, keyOf, newLedger, serialOf } from "../support/ledgers.ts";

const NODE = "rabbit@mq-1.prod.internal";
const DUE = NOON + 21 * DAY;

/** A certificate of the node with this number as its serial, and a key. */
const first = (n = 1, key = n): ReserveChanges => ({ plan: { serial: serialOf(n), spkiSha256: keyOf(key) } });

interface Renewal extends Omit<ReserveChanges, "plan" | "credential"> {
  /** The serial of the certificate whose key signs, and that key. */
  readonly by: number;
  readonly signerKey?: number;
  /** What the new certificate would be, if there is one. */
  readonly to: number;
  readonly key?: number;
  readonly proof?: string;
  readonly lapsedSeconds?: number;
}

/** As `bundle.ts` asks for a renewal, by default when it is due, of the certificate and key 1. */
const renewal = ({
  by,
  to,
  key = to,
  signerKey = by,
  proof,
  lapsedSeconds = 0,
  ...changes
}: Renewal): ReserveChanges => {
  const now = changes.now ?? DUE;
  const possession: PossessionProof = {
    serial: serialOf(by),
    spkiSha256: keyOf(signerKey),
    proofSha256: proof ?? `proof of ${by} for ${to} at ${now}`,
    lapsedSeconds,
  };
  const binding: KeyBinding = { kind: "possession", ...possession };
  return {
    now,
    ...changes,
    plan: {
      serial: serialOf(to),
      spkiSha256: keyOf(key),
      notBefore: now,
      notAfter: now + 30 * DAY,
      renewAfter: now + 20 * DAY,
    },
    credential: {
      kind: "possession",
      id: `cert:${serialOf(by)}`,
      binding,
      namesNode: false,
      holder: `key:${keyOf(key)}`,
    },
  };
};

const reserve = (ledger: Ledger, wish: Renewal) => ledger.reserve(reserveRequest(renewal(wish)));
const renew = (ledger: Ledger, wish: Renewal) => issueIn(ledger, renewal(wish));
const outcome = async (ledger: Ledger, wish: Renewal): Promise<string> => codeOf(await reserve(ledger, wish));
const eventsOf = async (ledger: Ledger, n: number): Promise<readonly string[]> =>
  ((await ledger.find(serialOf(n), DUE))?.events ?? []).map(({ kind }) => kind);

describe("a renewal by possession", () => {
  it("takes the node's name along to the new key, and is remembered as one", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, first());
    await renew(ledger, { by: 1, to: 2 });
    expect(await eventsOf(ledger, 2)).toEqual(["renewed"]);
    await renew(ledger, { by: 2, to: 3, now: DUE + 21 * DAY });
    const found = await ledger.find(serialOf(3), DUE);
    expect(found?.entry.credential).toEqual({ kind: "possession", id: `cert:${serialOf(2)}` });
  });
  it("is refused to an older certificate of a key whose newest one was revoked", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, first(1, 1));
    await renew(ledger, { by: 1, to: 2, key: 1, early: true });
    await renew(ledger, { by: 2, signerKey: 1, to: 3, key: 1, early: true });
    await ledger.revoke({
      now: DUE,
      target: { kind: "certificate", serial: serialOf(3) },
      reason: "privilegeWithdrawn",
    });
    expect(await outcome(ledger, { by: 1, to: 4, key: 1 })).toBe("revoked");
    expect(await outcome(ledger, { by: 1, to: 4, key: 9 })).toBe("revoked");
  });
  it("with the same key replays until renewal is due", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, first());
    const same = { by: 1, to: 2, key: 1 };
    expect(await reserve(ledger, { ...same, now: NOON + DAY })).toMatchObject({
      kind: "replay",
      issued: { serial: serialOf(1) },
    });
    await renew(ledger, same);
    expect(await reserve(ledger, { ...same, to: 3, now: DUE + 60 })).toMatchObject({
      kind: "replay",
      issued: { serial: serialOf(2) },
    });
  });
  it("before its time is made where the caller wants it, and once for one proof", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, first());
    const early = { by: 1, to: 2, key: 1, now: NOON + DAY, early: true };
    await renew(ledger, early);
    expect(
      await reserve(ledger, { ...early, to: 9, proof: `proof of 1 for 2 at ${NOON + DAY}` }),
    ).toMatchObject({
      kind: "replay",
      issued: { serial: serialOf(2) },
    });
    expect(await outcome(ledger, { ...early, to: 3, proof: "a proof of another second" })).toBe("fresh");
  });
  it("finishes the plan that its very proof began, also an early one", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, first());
    const early = { by: 1, to: 2, key: 1, now: NOON + DAY, early: true, proof: "one" };
    expect(await outcome(ledger, early)).toBe("fresh");
    expect(await reserve(ledger, { ...early, to: 3 })).toMatchObject({ kind: "finish", serial: serialOf(2) });
  });
  it("whose answer was lost gets it again for the same new key, and not for a third", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, first());
    await renew(ledger, { by: 1, to: 2 });
    expect(await outcome(ledger, { by: 1, to: 3, key: 2, now: DUE + DAY })).toBe("replay");
    const refused = await reserve(ledger, { by: 1, to: 3 });
    expect(codeOf(refused)).toBe("node-held-by-another");
    expect(refused.kind === "refused" && refused.refusal.detail).toContain(serialOf(2));
  });
  it("of two that race with two keys, one wins", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, first());
    const racers = Array.from({ length: 50 }, (_, i) => outcome(ledger, { by: 1, to: i + 2 }));
    const outcomes = await Promise.all(racers);
    expect(outcomes.filter((one) => one === "fresh")).toHaveLength(1);
    expect(outcomes.filter((one) => one === "node-held-by-another")).toHaveLength(49);
  });
  it("does not take a name back that a token has given to another key", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, first());
    await issueIn(ledger, { ...first(2), now: NOON + DAY, credential: { id: "jti:2" } });
    expect(await outcome(ledger, { by: 1, to: 3 })).toBe("node-held-by-another");
    expect(await outcome(ledger, { by: 1, to: 3, key: 1 })).toBe("node-held-by-another");
    expect(await outcome(ledger, { by: 2, to: 3 })).toBe("fresh");
  });
  it("leaves the name with the identity that outlives its keys", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, { ...first(), credential: { holder: "gcp:p:1", namesNode: false } });
    await renew(ledger, { by: 1, to: 2 });
    const instance = { id: "gcp", holder: "gcp:p:1", namesNode: false, binding: { kind: "csr" } } as const;
    const again = reserveRequest({ ...first(3), now: DUE + DAY, credential: instance });
    expect(codeOf(await ledger.reserve(again))).toBe("fresh");
    const another = reserveRequest({
      ...first(4),
      now: DUE + DAY,
      credential: { ...instance, holder: "gcp:p:2" },
    });
    expect(codeOf(await ledger.reserve(another))).toBe("node-held-by-another");
  });
  it("is for the node of its certificate alone", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, first());
    expect(await outcome(ledger, { by: 1, to: 2, node: "rabbit@mq-2.prod.internal" })).toBe(
      "renewal-refused",
    );
    expect(await outcome(ledger, { by: 7, to: 2 })).toBe("renewal-refused");
  });
  it("needs a completed certificate: a plan proves nothing", async () => {
    const { ledger } = newLedger();
    await ledger.reserve(reserveRequest(first()));
    expect(await outcome(ledger, { by: 1, to: 2 })).toBe("renewal-refused");
  });
  it("changes nothing as a dry run", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, first());
    expect(await outcome(ledger, { by: 1, to: 2, dryRun: true })).toBe("fresh");
    expect(await outcome(ledger, { by: 1, to: 3 })).toBe("fresh");
  });
});

describe("a revoked certificate", () => {
  const revoke = (ledger: Ledger, serial: number) =>
    ledger.revoke({
      now: DUE,
      target: { kind: "certificate", serial: serialOf(serial) },
      reason: "superseded",
    });

  it("does not renew, however good its proof was a moment ago", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, first());
    await revoke(ledger, 1);
    expect(await outcome(ledger, { by: 1, to: 2 })).toBe("revoked");
  });
  it("is not replayed to the proof that made it", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, first());
    await renew(ledger, { by: 1, to: 2, proof: "one" });
    await revoke(ledger, 2);
    expect(await outcome(ledger, { by: 1, to: 3, key: 2, proof: "one" })).toBe("revoked");
  });
  it("and its renewal at once happen in one of the two orders", async () => {
    for (let round = 0; round < 20; round++) {
      const { ledger } = newLedger();
      await issueIn(ledger, first());
      const node = { now: DUE, target: { kind: "node", node: NODE }, reason: "superseded" } as const;
      const [renewed, revoked] = await Promise.all([outcome(ledger, { by: 1, to: 2 }), ledger.revoke(node)]);
      expect(["fresh", "revoked"]).toContain(renewed);
      expect(revoked).toHaveLength(renewed === "fresh" ? 2 : 1);
    }
  });
});

describe("a renewal after expiry", () => {
  const ENDED = NOON + 31 * DAY;
  const late = (by: number, to: number, changes: Partial<Renewal> = {}): Renewal => ({
    by,
    to,
    lapsedSeconds: DAY,
    now: ENDED + (to - 2) * 31 * DAY,
    ...changes,
  });

  it("is counted, and remembered as what it is", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, first());
    await renew(ledger, late(1, 2));
    expect(await eventsOf(ledger, 2)).toEqual(["renewed-after-expiry"]);
    expect(await outcome(ledger, late(2, 3))).toBe("credential-expired");
    expect(await outcome(ledger, late(2, 3, { graceUses: 2 }))).toBe("fresh");
  });
  it("costs nothing again as a retry", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, first());
    await renew(ledger, late(1, 2));
    expect(await outcome(ledger, late(1, 3, { key: 2, now: ENDED + 60 }))).toBe("replay");
  });
  it("is forgiven once the node has renewed in time", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, first());
    await renew(ledger, late(1, 2));
    await renew(ledger, { by: 2, to: 3, now: ENDED + 21 * DAY });
    expect(await outcome(ledger, late(3, 4, { now: ENDED + 60 * DAY }))).toBe("fresh");
  });
  it("does not take a name that another holds by then", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, first());
    await issueIn(ledger, {
      now: ENDED,
      plan: { serial: serialOf(5), spkiSha256: keyOf(5), notAfter: ENDED + 30 * DAY },
      credential: { id: "jti:5", expiresAt: ENDED + 60 },
    });
    expect(await outcome(ledger, late(1, 2))).toBe("node-held-by-another");
  });
});
