import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { CRL_LIFETIME_SECONDS, CRL_REFRESH_SECONDS } from "../../../src/ledger/crl.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import type { CrlPlan, RevocationTarget, StoredCrl } from "../../../src/ledger/revocation.ts";
import type { RevocationReason } from "../../../src/pki/revocation-reason.ts";
import { completionOf, DAY, NOON, reserveRequest } from "../../support/ledger-requests.ts";
import { codeOf, issueIn, keyOf, newLedger, nth, serialOf } from "../support/ledgers.ts";

const ISSUER = reserveRequest().issuer;
const OTHER_ISSUER = { ...ISSUER, spkiSha256: "e".repeat(64) };
const FAR = NOON + 1000 * DAY;

const revoke = (
  ledger: Ledger,
  target: RevocationTarget,
  reason: RevocationReason = "superseded",
  now = NOON,
) => ledger.revoke({ now, target, reason });
const certificate = (n: number): RevocationTarget => ({ kind: "certificate", serial: serialOf(n) });
const node = (n: number): RevocationTarget => ({ kind: "node", node: `rabbit@mq-${n}.prod.internal` });

const EVERYTHING = { state: null, expiresBefore: null, limit: 100, cursor: null } as const;

/** The renewal of the n-th node's certificate with a new key. */
const renewalOf = (n: number, to: number) =>
  reserveRequest(
    nth(n, {
      now: NOON + 21 * DAY,
      plan: {
        serial: serialOf(to),
        spkiSha256: keyOf(to),
        notAfter: NOON + 51 * DAY,
        renewAfter: NOON + 41 * DAY,
      },
      credential: {
        kind: "possession",
        id: `cert:${serialOf(n)}`,
        namesNode: false,
        holder: `key:${keyOf(to)}`,
        binding: {
          kind: "possession",
          serial: serialOf(n),
          spkiSha256: keyOf(n),
          proofSha256: keyOf(to),
          lapsedSeconds: 0,
        },
      },
    }),
  );

const planned = async (ledger: Ledger, now = NOON, issuer = ISSUER): Promise<CrlPlan> => {
  const outcome = await ledger.crlOrPlan({ now, issuer, lifetime: CRL_LIFETIME_SECONDS, notAfter: FAR });
  if (outcome.kind === "current") throw new Error("nothing is due");
  return outcome.plan;
};
const record = (ledger: Ledger, plan: CrlPlan, der = new Uint8Array([plan.number % 256]), issuer = ISSUER) =>
  ledger.recordCrl({ crl: { ...crlOf(plan), der, issuer }, revocations: plan.revocations });
const crlOf = ({ number, thisUpdate, nextUpdate }: CrlPlan): Omit<StoredCrl, "der" | "issuer"> => ({
  number,
  thisUpdate,
  nextUpdate,
});
const serialsOf = ({ revoked }: CrlPlan): readonly string[] => revoked.map(({ serial }) => serial);

describe("a revocation", () => {
  it("of a certificate is recorded once, with its event, whatever is asked again", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, nth(1));
    expect(await revoke(ledger, certificate(1))).toEqual([serialOf(1)]);
    expect(await revoke(ledger, certificate(1), "privilegeWithdrawn", NOON + 60)).toEqual([serialOf(1)]);
    const found = await ledger.find(serialOf(1), NOON);
    expect(found?.entry).toMatchObject({ state: "revoked", revokedAt: NOON, reason: "superseded" });
    expect(found?.events.map(({ kind, detail }) => [kind, detail])).toEqual([
      ["issued", ""],
      ["revoked", "superseded"],
    ]);
  });
  it("of what is not there names nothing", async () => {
    const { ledger } = newLedger();
    expect(await revoke(ledger, certificate(9))).toEqual([]);
    expect(await revoke(ledger, node(9))).toEqual([]);
  });
  it("of a node is of every certificate and plan of the node, and of no other node's", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, nth(1));
    await issueIn(ledger, nth(2));
    await ledger.reserve(
      reserveRequest(
        nth(1, { plan: { serial: serialOf(3), spkiSha256: keyOf(3) }, credential: { id: "jti:3" } }),
      ),
    );
    expect(await revoke(ledger, node(1))).toEqual([serialOf(1), serialOf(3)]);
    expect((await ledger.find(serialOf(2), NOON))?.entry.state).toBe("valid");
  });
  it("of a cluster is of everything", async () => {
    const { ledger } = newLedger();
    for (const n of [1, 2, 3]) await issueIn(ledger, nth(n));
    expect(await revoke(ledger, { kind: "cluster" })).toEqual([1, 2, 3].map(serialOf));
  });
  it("holds on the first request after a restart", async () => {
    const { ledger, object } = newLedger();
    await issueIn(ledger, nth(1));
    await revoke(ledger, certificate(1), "keyCompromise");
    await evictDurableObject(object);
    expect(codeOf(await ledger.reserve(reserveRequest(nth(1, { credential: { id: "jti:new" } }))))).toBe(
      "revoked",
    );
  });
  it("ends the credential that got the certificate, and a new one for this node goes on", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, nth(1));
    await revoke(ledger, certificate(1));
    expect(codeOf(await ledger.reserve(reserveRequest(nth(1, { plan: { serial: serialOf(2) } }))))).toBe(
      "revoked",
    );
    const anew = nth(1, { plan: { serial: serialOf(2) }, credential: { id: "jti:new" } });
    expect(codeOf(await ledger.reserve(reserveRequest(anew)))).toBe("fresh");
  });
  it("ends an identity that outlives its credentials, until an administrator's token names the node", async () => {
    const { ledger } = newLedger();
    const identity = (n: number) =>
      nth(1, {
        plan: { serial: serialOf(n), spkiSha256: keyOf(n) },
        credential: { id: `jwt:${n}`, holder: "pod/mq-1", namesNode: false },
      });
    await issueIn(ledger, identity(1));
    await revoke(ledger, node(1));
    expect(codeOf(await ledger.reserve(reserveRequest(identity(2))))).toBe("revoked");
    const token = nth(1, {
      plan: { serial: serialOf(3), spkiSha256: keyOf(3) },
      credential: { id: "jti:new" },
    });
    expect(codeOf(await ledger.reserve(reserveRequest(token)))).toBe("fresh");
  });
  it("of an older certificate leaves the newer one and its credential alone", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, nth(1));
    const newer = nth(1, {
      plan: { serial: serialOf(2), spkiSha256: keyOf(2) },
      credential: { id: "jti:2" },
    });
    await issueIn(ledger, newer);
    await revoke(ledger, certificate(1));
    expect(codeOf(await ledger.reserve(reserveRequest(newer)))).toBe("replay");
    const group = nth(1, {
      plan: { serial: serialOf(3), spkiSha256: keyOf(3) },
      credential: { id: "jti:3", namesNode: false },
    });
    expect(codeOf(await ledger.reserve(reserveRequest(group)))).toBe("node-held-by-another");
  });
  it("during the signing keeps the certificate from leaving, and on the CRL", async () => {
    const { ledger } = newLedger();
    const request = reserveRequest(nth(1));
    await ledger.reserve(request);
    await revoke(ledger, node(1));
    const complete = completionOf(request);
    expect(await ledger.complete(complete)).toBeNull();
    expect(await ledger.complete(complete)).toBeNull();
    expect(serialsOf(await planned(ledger))).toEqual([serialOf(1)]);
  });
});

describe("a revocation and a renewal by possession at once", () => {
  /** One node: which of the two came first, as the renewal saw it. */
  const race = async (ledger: Ledger, n: number): Promise<string> => {
    await issueIn(ledger, nth(n));
    const renewal = renewalOf(n, 5000 + n);
    const { now } = renewal;
    const revokeNode = (): Promise<unknown> => revoke(ledger, node(n), "privilegeWithdrawn", now);
    const renew = async (meanwhile: () => Promise<unknown> = () => Promise.resolve()): Promise<string> => {
      const code = codeOf(await ledger.reserve(renewal));
      if (code !== "fresh") return code;
      await meanwhile();
      const done = await ledger.complete(completionOf(renewal));
      return done === null ? "revoked while it was signed" : "renewed, then revoked";
    };
    // Two in four are put in an order, so that both are seen; the others race. Some wait some milliseconds, because reservations of one
    // isolate travel in groups and a revocation goes at once.
    const raced = async (): Promise<string> => {
      const [seen] = await Promise.all([renew(), scheduler.wait(n % 16).then(revokeNode)]);
      return seen;
    };
    const seen = await [raced, () => renew(revokeNode), raced, () => revokeNode().then(() => renew())][
      n % 4
    ]?.();
    const { entries } = await ledger.list({ ...EVERYTHING, now, node: renewal.node });
    expect(entries.map(({ state }) => state)).not.toContain("valid");
    return String(seen);
  };
  it(
    "leave no good certificate of the node, whichever was first: 1,000 rounds",
    { timeout: 120_000 },
    async () => {
      const { ledger } = newLedger();
      const seen = new Set<string>();
      for (let n = 0; n < 1000; n += 50) {
        const round = Array.from({ length: 50 }, (_, i) => race(ledger, n + i + 1));
        for (const outcome of await Promise.all(round)) seen.add(outcome);
      }
      expect([...seen]).toEqual(expect.arrayContaining(["revoked", "revoked while it was signed"]));
    },
  );
});

describe("the node's name", () => {
  const group = nth(1, {
    plan: { serial: serialOf(2), spkiSha256: keyOf(2) },
    credential: { id: "jti:group", namesNode: false },
  });
  it("is free after a revocation for any reason but a compromised key", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, nth(1, { exclusivePorts: [4371] }));
    await revoke(ledger, certificate(1), "cessationOfOperation");
    expect(codeOf(await ledger.reserve(reserveRequest(group)))).toBe("fresh");
    const neighbour = nth(4, { host: "mq-1.prod.internal", exclusivePorts: [4371] });
    expect(codeOf(await ledger.reserve(reserveRequest(neighbour)))).toBe("fresh");
  });
  it("is kept where the key is compromised, for a credential that names exactly this node", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, nth(1));
    await revoke(ledger, certificate(1), "keyCompromise");
    expect(codeOf(await ledger.reserve(reserveRequest(group)))).toBe("node-held-by-another");
    const exact = { ...group, credential: { id: "jti:exact", namesNode: true } };
    expect(codeOf(await ledger.reserve(reserveRequest(exact)))).toBe("fresh");
  });
});

describe("a revoked identity", () => {
  it("stays out after its certificates are forgotten", async () => {
    const { ledger, object } = newLedger();
    const long = Math.floor(Date.now() / 1000) - 100 * DAY;
    const identity = (n: number, now: number) =>
      nth(1, {
        now,
        plan: {
          serial: serialOf(n),
          spkiSha256: keyOf(n),
          notBefore: now,
          notAfter: now + 30 * DAY,
          renewAfter: now + 20 * DAY,
        },
        credential: {
          id: "aws:1:i-1",
          holder: "aws:1:i-1",
          namesNode: false,
          binding: { kind: "csr" },
          expiresAt: now + 60,
        },
      });
    await issueIn(ledger, identity(1, long));
    await revoke(ledger, certificate(1), "privilegeWithdrawn", long);
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(codeOf(await ledger.reserve(reserveRequest(identity(2, long + 100 * DAY))))).toBe("revoked");
  });
});

describe("a compromised key", () => {
  it("is barred for ever, also once its certificates are forgotten", async () => {
    const { ledger, object } = newLedger();
    await issueIn(ledger, nth(1));
    await revoke(ledger, certificate(1), "keyCompromise");
    await runInDurableObject(object, (_, state) => state.storage.sql.exec("DELETE FROM certificate"));
    const again = nth(1, { now: FAR, plan: { notAfter: FAR + DAY }, credential: { id: "jti:new" } });
    expect(codeOf(await ledger.reserve(reserveRequest(again)))).toBe("revoked");
  });
  it("takes every certificate of that key with it", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, nth(1));
    await issueIn(
      ledger,
      nth(1, { now: NOON + 21 * DAY, plan: { serial: serialOf(2) }, credential: { id: "jti:2" } }),
    );
    expect(await revoke(ledger, certificate(1), "keyCompromise")).toEqual([serialOf(1), serialOf(2)]);
  });
  it("may be found out after a revocation for less, and not be taken back", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, nth(1));
    await revoke(ledger, certificate(1), "superseded");
    await revoke(ledger, certificate(1), "keyCompromise", NOON + 60);
    await revoke(ledger, certificate(1), "superseded", NOON + 90);
    expect((await ledger.find(serialOf(1), NOON))?.entry).toMatchObject({
      revokedAt: NOON,
      reason: "keyCompromise",
    });
    expect(codeOf(await ledger.reserve(reserveRequest(nth(1, { credential: { id: "jti:new" } }))))).toBe(
      "revoked",
    );
  });
});

describe("the CRL", () => {
  it("is due at first, current once it is recorded, and due again with the next revocation", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, nth(1));
    const first = await planned(ledger);
    expect(first).toMatchObject({ thisUpdate: NOON, nextUpdate: NOON + CRL_LIFETIME_SECONDS, revoked: [] });
    const stored = await record(ledger, first);
    expect(
      await ledger.crlOrPlan({ now: NOON, issuer: ISSUER, lifetime: CRL_LIFETIME_SECONDS, notAfter: FAR }),
    ).toEqual({
      kind: "current",
      crl: stored,
    });
    await revoke(ledger, certificate(1), "keyCompromise");
    const second = await planned(ledger);
    expect(second.number).toBeGreaterThan(first.number);
    expect(second.revoked).toEqual([{ serial: serialOf(1), revokedAt: NOON, reason: "keyCompromise" }]);
  });
  it("is due again daily, long before its nextUpdate", async () => {
    const { ledger } = newLedger();
    await record(ledger, await planned(ledger));
    await expect(planned(ledger, NOON + CRL_REFRESH_SECONDS - 1)).rejects.toThrow("nothing is due");
    expect((await planned(ledger, NOON + CRL_REFRESH_SECONDS)).thisUpdate).toBe(NOON + CRL_REFRESH_SECONDS);
  });
  it("is not for longer than the CA is", async () => {
    const { ledger } = newLedger();
    const outcome = await ledger.crlOrPlan({
      now: NOON,
      issuer: ISSUER,
      lifetime: CRL_LIFETIME_SECONDS,
      notAfter: NOON + DAY,
    });
    expect(outcome).toMatchObject({ kind: "due", plan: { nextUpdate: NOON + DAY } });
  });
  it("rises in number and never falls in time when the clock steps back an hour", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, nth(1));
    const first = await planned(ledger);
    await record(ledger, first);
    await revoke(ledger, certificate(1), "superseded", NOON - 3600);
    const second = await planned(ledger, NOON - 3600);
    expect(second.number).toBeGreaterThan(first.number);
    expect(second.thisUpdate).toBe(first.thisUpdate);
    expect(serialsOf(second)).toEqual([serialOf(1)]);
  });
  it("numbers from the time on, so that a ledger begun anew goes on rising", async () => {
    const { ledger } = newLedger();
    expect((await planned(ledger)).number).toBe(NOON);
    expect((await planned(ledger)).number).toBe(NOON + 1);
  });
  it("of two that were signed at once is the later one, in whatever order they are recorded", async () => {
    const { ledger } = newLedger();
    const [first, second] = [await planned(ledger), await planned(ledger)];
    await record(ledger, second);
    expect((await record(ledger, first)).number).toBe(second.number);
  });
  it("that was planned before a revocation is not taken for complete", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, nth(1));
    const early = await planned(ledger);
    await revoke(ledger, certificate(1));
    await record(ledger, early);
    expect(serialsOf(await planned(ledger))).toEqual([serialOf(1)]);
  });
  it("lists a serial until one CRL was made after the certificate's end", async () => {
    const { ledger } = newLedger();
    const { notAfter } = await issueIn(ledger, nth(1));
    await revoke(ledger, certificate(1));
    expect(serialsOf(await planned(ledger, notAfter))).toEqual([serialOf(1)]);
    expect(serialsOf(await planned(ledger, notAfter + CRL_REFRESH_SECONDS))).toEqual([serialOf(1)]);
    expect(serialsOf(await planned(ledger, notAfter + CRL_LIFETIME_SECONDS + 1))).toEqual([]);
  });
  it("lists what its own issuer signed, and no other's", async () => {
    const { ledger } = newLedger();
    await issueIn(ledger, nth(1));
    await issueIn(ledger, nth(2, { snapshotId: "f".repeat(64), issuer: OTHER_ISSUER }));
    await revoke(ledger, { kind: "cluster" });
    expect(serialsOf(await planned(ledger))).toEqual([serialOf(1)]);
    expect(serialsOf(await planned(ledger, NOON, OTHER_ISSUER))).toEqual([serialOf(2)]);
  });
  it("of every issuer is to be had while peers may use it, the newest first", async () => {
    const { ledger } = newLedger();
    await record(ledger, await planned(ledger));
    await record(ledger, await planned(ledger, NOON + DAY, OTHER_ISSUER), undefined, OTHER_ISSUER);
    const issuers = async (now: number) => (await ledger.liveCrls(now)).map(({ issuer }) => issuer);
    expect(await issuers(NOON + DAY)).toEqual([OTHER_ISSUER, ISSUER]);
    expect(await issuers(NOON + CRL_LIFETIME_SECONDS)).toEqual([OTHER_ISSUER]);
  });
  it("of 3 MB is stored whole", async () => {
    const { ledger } = newLedger();
    const der = new Uint8Array(3_000_000).fill(7);
    der[2_500_000] = 9;
    await record(ledger, await planned(ledger), der);
    const [stored] = await ledger.liveCrls(NOON);
    expect(stored?.der.length).toBe(der.length);
    expect(stored?.der[2_500_000]).toBe(9);
  });
});
