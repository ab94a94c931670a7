import { beforeAll, describe, expect, it } from "vitest";
import { boundedMap } from "../../src/bounded-map.ts";
import type { World } from "../../src/bundle-contract.ts";
import type { IssuingCa } from "../../src/pki/issuing-ca.ts";
import { makeIssuingCa, NOW } from "../pki/support/authority.ts";
import { ledgerOf } from "./support/ledgers.ts";
import { clusterOfNode, holdOf, newcomer, renew, type Answer, type Moment } from "./support/renewing-node.ts";

let ca: IssuingCa;
let nextCa: IssuingCa;
beforeAll(async () => {
  [ca, nextCa] = [await makeIssuingCa(), await makeIssuingCa()];
});

const moment = (): Moment => ({ cluster: clusterOfNode(crypto.randomUUID()), ca, now: NOW });

/** One isolate: what it remembers, how many certificates it planned (each has a serial), and how often it asked the ledger to reserve. */
const isolate = () => {
  const counts = { plans: 0, reservations: 0 };
  /** Whether the ledger can be reached once a certificate is made. */
  const weather = { fair: true };
  const world: Partial<World> = {
    served: boundedMap(10),
    random: (length) => {
      counts.plans += 1;
      return crypto.getRandomValues(new Uint8Array(length));
    },
    ledgerOf: (cluster) => {
      const ledger = ledgerOf(cluster);
      const reserve: typeof ledger.reserve = (request) => {
        counts.reservations += 1;
        return ledger.reserve(request);
      };
      const complete: typeof ledger.complete = (request) =>
        weather.fair ? ledger.complete(request) : Promise.reject(new Error("lost"));
      return { ...ledger, reserve, complete };
    },
  };
  return { world, counts, weather };
};

const outcomeOf = (answer: Answer): string =>
  answer.ok
    ? `${answer.value.replay ? "replay" : "fresh"} ${answer.value.certificate?.serial ?? ""}`
    : answer.error.code;

describe("a key that asks again", () => {
  it("gets its certificate without a plan", async () => {
    const { world, counts } = isolate();
    const start = moment();
    const { join } = await newcomer(start);
    const first = outcomeOf(await join(start, world));
    expect(counts).toEqual({ plans: 1, reservations: 1 });
    expect(outcomeOf(await join(start, world))).toBe(first.replace("fresh", "replay"));
    expect(counts).toEqual({ plans: 1, reservations: 2 });
  });

  it("is planned for as ever by an isolate that has not met it", async () => {
    const start = moment();
    const { join } = await newcomer(start);
    const first = outcomeOf(await join(start, isolate().world));
    const { world, counts } = isolate();
    expect(outcomeOf(await join(start, world))).toBe(first.replace("fresh", "replay"));
    expect(counts).toEqual({ plans: 1, reservations: 1 });
  });

  it("gets a new certificate where the one that it had is no longer any good", async () => {
    const { world, counts } = isolate();
    const start = moment();
    const { join } = await newcomer(start);
    const first = outcomeOf(await join(start, world));
    const second = outcomeOf(await join({ ...start, ca: nextCa }, world));
    expect(second).toMatch(/^fresh /);
    expect(second).not.toBe(first);
    expect(counts).toEqual({ plans: 2, reservations: 3 });
  });

  it("gets the certificate that a fault left unfinished, without another plan", async () => {
    const { world, counts, weather } = isolate();
    const start = moment();
    const { join } = await newcomer(start);
    weather.fair = false;
    await expect(join(start, world)).rejects.toThrow("lost");
    weather.fair = true;
    const finished = outcomeOf(await join(start, world));
    expect(counts).toEqual({ plans: 1, reservations: 2 });
    expect(outcomeOf(await join(start, isolate().world))).toBe(finished);
  });

  it("is planned for where it only tries, or renews", async () => {
    const { world, counts } = isolate();
    const start = moment();
    const { pair, join } = await newcomer(start);
    const held = await holdOf(await join(start, world), pair);
    expect((await join(start, world, { dryRun: true })).ok).toBe(true);
    expect(counts).toEqual({ plans: 2, reservations: 2 });
    expect(outcomeOf(await renew(start, held, { pair, renewNow: true }, world))).toMatch(/^fresh/);
    expect(counts).toEqual({ plans: 3, reservations: 3 });
  });

  it("is refused where it was revoked meanwhile", async () => {
    const { world, counts } = isolate();
    const start = moment();
    const { join } = await newcomer(start);
    const [, serial = ""] = outcomeOf(await join(start, world)).split(" ");
    await ledgerOf(start.cluster.id).revoke({
      now: NOW,
      reason: "keyCompromise",
      target: { kind: "certificate", serial },
    });
    expect(outcomeOf(await join(start, world))).toBe("revoked");
    expect(counts.plans).toBe(1);
  });
});
