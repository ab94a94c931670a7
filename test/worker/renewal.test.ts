import { beforeAll, describe, expect, it } from "vitest";
import type { IssuingCa } from "../../src/pki/issuing-ca.ts";
import { makeIssuingCa, NOW } from "../pki/support/authority.ts";
import { ledgerOf } from "./support/ledgers.ts";
import {
  clusterOfNode,
  joinCluster,
  NODE,
  renew,
  renewed,
  type Answer,
  type Moment,
} from "./support/renewing-node.ts";

const DAY = 86_400;
let ca: IssuingCa;
let nextCa: IssuingCa;
beforeAll(async () => {
  [ca, nextCa] = [await makeIssuingCa(), await makeIssuingCa()];
});

/** A cluster of its own, and so a ledger of its own. */
const moment = (members: Readonly<Record<string, unknown>> = {}): Moment => ({
  cluster: clusterOfNode(crypto.randomUUID(), members),
  ca,
  now: NOW,
});
const later = (then: Moment, days: number): Moment => ({ ...then, now: then.now + days * DAY });
const codeOf = (answer: Answer): string =>
  answer.ok ? (answer.value.replay ? "replay" : "fresh") : answer.error.code;
const warningsOf = (answer: Answer): readonly string[] =>
  answer.ok ? answer.value.warnings.map(({ code }) => code) : [];

describe("renewal follows the time", () => {
  it("the recorded certificate for the same key until renewal.after, a new one from then on", async () => {
    const start = moment();
    const held = await joinCluster(start);
    const same = { pair: held.pair };
    expect(codeOf(await renew(later(start, 15), held, same))).toBe("replay");
    expect(codeOf(await renew(later(start, 21), held, same))).toBe("fresh");
  });
  it("and no longer than the certificate lives (renewal case cert-expired)", async () => {
    const start = moment();
    const held = await joinCluster(start);
    expect(codeOf(await renew(later(start, 29), held, { dryRun: true }))).toBe("fresh");
    const answer = await renew(later(start, 30), held);
    expect(codeOf(answer)).toBe("credential-expired");
    expect(answer.ok ? "" : answer.error.detail).toContain("join token");
  });
});

describe("renewal after expiry", () => {
  const GRACE = { renewal: { graceAfterExpiry: "7d", graceUses: 2 } };

  it("is for clusters that allow it, for as long, and says so in the reply and in an event", async () => {
    const start = moment(GRACE);
    const held = await joinCluster(start);
    expect(codeOf(await renew(later(start, 38), held))).toBe("credential-expired");
    const answer = await renew(later(start, 36), held);
    expect(codeOf(answer)).toBe("fresh");
    expect(warningsOf(answer)).toContain("renewed-after-expiry");
    const serial = answer.ok ? (answer.value.certificate?.serial ?? "") : "";
    const found = await ledgerOf(start.cluster.id).find(serial, NOW);
    expect(found?.events.map(({ kind }) => kind)).toEqual(["renewed-after-expiry"]);
  });
  it("is counted until the node renews in time again", async () => {
    const start = moment(GRACE);
    const first = await joinCluster(start);
    const second = await renewed(later(start, 36), first);
    const third = await renewed(later(start, 72), second);
    expect(codeOf(await renew(later(start, 108), third))).toBe("credential-expired");
    const fourth = await renewed(later(start, 95), third);
    expect(codeOf(await renew(later(start, 130), fourth))).toBe("fresh");
  });
  it("does not warn of a renewal in time", async () => {
    const start = moment(GRACE);
    const held = await joinCluster(start);
    expect(warningsOf(await renew(later(start, 25), held))).not.toContain("renewed-after-expiry");
  });
});

describe("renewal follows today's definition", () => {
  const changed = (then: Moment, members: Readonly<Record<string, unknown>>): Moment => ({
    ...later(then, 21),
    cluster: clusterOfNode(then.cluster.id, members),
  });

  it("a node that was removed from it does not renew (renewal case renew-deleted-node)", async () => {
    const start = moment();
    const held = await joinCluster(start);
    const removed = changed(start, { nodes: { names: ["rabbit"], hosts: ["*.other.example.internal"] } });
    expect(codeOf(await renew(removed, held))).toBe("node-not-allowed");
  });
  it("the new certificate has today's names, not those of the old one", async () => {
    const start = moment({ certificate: { extraNames: ["old.example.internal"] } });
    const held = await joinCluster(start);
    const answer = await renew(
      changed(start, { certificate: { extraNames: ["new.example.internal"] } }),
      held,
    );
    const names = answer.ok ? answer.value.names : [];
    expect(names).toContain("DNS:new.example.internal");
    expect(names).not.toContain("DNS:old.example.internal");
  });
  it("a cluster that takes no token any more still renews", async () => {
    const start = moment();
    const held = await joinCluster(start);
    expect(codeOf(await renew(changed(start, { bootstrap: [] }), held))).toBe("fresh");
  });
});

describe("a certificate of an earlier CA generation (renewal case cert-old-ca-generation)", () => {
  it("renews under the new CA while it lives", async () => {
    const start = moment();
    const held = await joinCluster(start);
    const answer = await renew({ ...later(start, 1), ca: nextCa }, held);
    expect(codeOf(answer)).toBe("fresh");
    expect(answer.ok && answer.value.caGeneration).toBe(2);
  });
  it("does not renew once what that CA issued was revoked", async () => {
    const start = moment();
    const held = await joinCluster(start);
    const target = { kind: "node", node: NODE } as const;
    await ledgerOf(start.cluster.id).revoke({
      now: NOW,
      target,
      reason: "privilegeWithdrawn",
    });
    expect(codeOf(await renew({ ...later(start, 1), ca: nextCa }, held))).toBe("revoked");
  });
});
