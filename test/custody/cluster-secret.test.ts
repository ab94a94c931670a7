import { describe, expect, it } from "vitest";
import { loadSnapshot, parseClusterSecret, type ClusterSecret } from "../../src/custody/cluster-secret.ts";
import { clusterWith } from "../policy/cluster.ts";
import { makeSecret } from "../support/cluster-secret.ts";

const NOW = 1_800_000_000;
const YEAR = 365 * 86_400;
const cluster = clusterWith();
const made = await makeSecret(NOW);
const other = await makeSecret(NOW);

const load = (members: Partial<Record<keyof ClusterSecret, unknown>>, now = NOW) =>
  loadSnapshot(JSON.stringify({ ...made.secret, ...members }), cluster, now);

describe("loadSnapshot", () => {
  it("makes one snapshot of everything private about the cluster", async () => {
    const snapshot = await load({ cookie: "a-Cookie_1" });
    expect(snapshot).toMatchObject({
      ok: true,
      value: {
        id: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
        cookie: "a-Cookie_1",
        ca: {
          keyType: "ec-p256",
          chainPem: made.secret.certificate,
          trustBundlePem: made.secret.trustBundle,
        },
        tokenKey: { extractable: false, usages: ["sign", "verify"], algorithm: { name: "HMAC" } },
      },
    });
  });

  it("has no cookie where the secret has none", async () => {
    expect(await load({})).toMatchObject({ ok: true, value: { cookie: null } });
  });

  it("gives one id to one chain and trust bundle, and another to any other", async () => {
    const ids = await Promise.all(
      [
        {},
        { cookie: "other" },
        other.secret,
        { trustBundle: made.secret.trustBundle + other.secret.trustBundle },
      ].map(async (members) => {
        const snapshot = await load(members);
        return snapshot.ok ? snapshot.value.id : snapshot.error.reason;
      }),
    );
    expect(new Set(ids).size).toBe(3);
    expect(ids[1]).toBe(ids[0]);
  });

  it.each<[string, Partial<Record<keyof ClusterSecret, unknown>>, string]>([
    ["another version", { version: 2 }, "wrong-shape"],
    ["no key", { privateKey: undefined }, "wrong-shape"],
    ["an empty key", { privateKey: "" }, "wrong-shape"],
    ["an empty trust bundle", { trustBundle: "" }, "wrong-shape"],
    ["a token key of 31 bytes", { tokenKey: btoa("x".repeat(31)) }, "wrong-shape"],
    ["a token key of 33 bytes", { tokenKey: btoa("x".repeat(33)) }, "wrong-shape"],
    ["a token key in base64url", { tokenKey: "_".repeat(43) }, "wrong-shape"],
    ["a token key with a line break", { tokenKey: `${made.secret.tokenKey}\n` }, "wrong-shape"],
    ["an empty cookie", { cookie: "" }, "wrong-shape"],
    ["a cookie with a quote", { cookie: "a'b" }, "wrong-shape"],
    ["a cookie with a line feed", { cookie: "ab\n" }, "wrong-shape"],
    ["a cookie of 256 characters", { cookie: "c".repeat(256) }, "wrong-shape"],
    ["another CA's key", { privateKey: other.secret.privateKey }, "key-mismatch"],
    ["another CA's root", { trustBundle: other.secret.trustBundle }, "chain"],
    [
      "a root as the issuer",
      { certificate: made.root.certificate, privateKey: made.root.privateKey },
      "chain",
    ],
  ])("refuses %s", async (_defect, members, reason) => {
    expect(await load(members)).toMatchObject({ ok: false, error: { reason } });
  });

  it("refuses a member that the version does not have", async () => {
    const text = JSON.stringify({ ...made.secret, previous: "x" });
    expect(await loadSnapshot(text, cluster, NOW)).toMatchObject({
      ok: false,
      error: { reason: "wrong-shape" },
    });
  });

  it.each([
    ["secrets-manager-not-json", "<html>"],
    ["secrets-manager-truncated-json", made.text.slice(0, -20)],
    ["nothing", ""],
  ])("refuses %s", async (_fault, text) => {
    expect(await loadSnapshot(text, cluster, NOW)).toMatchObject({
      ok: false,
      error: { reason: "not-json" },
    });
  });

  it("refuses a member that is given twice: its reader and ours might take different keys", async () => {
    const text = made.text.replace("{", '{"tokenKey":"",');
    expect(await loadSnapshot(text, cluster, NOW)).toMatchObject({
      ok: false,
      error: { reason: "wrong-shape", detail: "the secret has a member twice, or one named __proto__" },
    });
  });

  it.each(["null", "[]", "1", '"text"'])("refuses the JSON %s", async (text) => {
    expect(await loadSnapshot(text, cluster, NOW)).toMatchObject({
      ok: false,
      error: { reason: "wrong-shape" },
    });
  });

  it.each([
    ["secrets-manager-expired-ca: a CA that has ended", NOW + 3 * YEAR],
    ["a CA that ends within the hour", NOW - 300 + 1095 * 86_400 - 3600],
    ["a CA that is not valid yet", NOW - 600],
  ])("refuses %s", async (_defect, now) => {
    expect(await load({}, now)).toMatchObject({ ok: false, error: { reason: "validity" } });
  });

  it("says what is wrong without a word of the secret", async () => {
    const canary = "CANARY-in-the-secret";
    const details = await Promise.all(
      [
        JSON.stringify({ ...made.secret, cookie: `${canary}'` }),
        JSON.stringify({ [canary]: 1 }),
        `{"${canary}`,
        JSON.stringify({ ...made.secret, privateKey: canary }),
      ].map(async (text) => {
        const snapshot = await loadSnapshot(text, cluster, NOW);
        return snapshot.ok ? "" : snapshot.error.detail;
      }),
    );
    expect(details.join()).not.toContain("CANARY");
    expect(details.every((detail) => detail.length > 20)).toBe(true);
  });
});

describe("a CA with name constraints", () => {
  const zone = makeSecret(NOW, { permitted: ["prod.internal"] });
  const loadFor = async (members: Readonly<Record<string, unknown>>) =>
    loadSnapshot((await zone).text, clusterWith({ product: "emqx", ...members }), NOW);

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ["the hosts of its zone", {}],
    ["hosts with a number", { nodes: { names: ["emqx"], hosts: ["mq-<n>.prod.internal"] } }],
    ["a wildcard of its zone", { certificate: { extraNames: ["*.prod.internal"] } }],
    ["an address of a node", { certificate: { nodeNames: { "rabbit@mq-1.prod.internal": ["10.0.0.1"] } } }],
  ])("serves %s", async (_names, members) => {
    expect(await loadFor(members)).toMatchObject({ ok: true });
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ["another zone", { nodes: { names: ["rabbit"], hosts: ["*.test.internal"] } }],
    ["the zone above", { nodes: { names: ["rabbit"], hosts: ["*.internal"] } }],
    ["a zone that only ends alike", { nodes: { names: ["rabbit"], hosts: ["*.evilprod.internal"] } }],
    ["addresses, which are dNSNames too", { nodes: { names: ["rabbit"], hosts: ["10.0.0.0/8"] } }],
    ["an extra name elsewhere", { certificate: { extraNames: ["mq.test.internal"] } }],
    [
      "a node's extra name elsewhere",
      { certificate: { nodeNames: { "rabbit@mq-1.prod.internal": ["mq.test.internal"] } } },
    ],
  ])("does not serve %s", async (_names, members) => {
    expect(await loadFor(members)).toMatchObject({ ok: false, error: { reason: "names-excluded" } });
  });
});

describe("parseClusterSecret", () => {
  it("gives the document back", () => {
    expect(parseClusterSecret(made.text)).toEqual({ ok: true, value: made.secret });
  });
});
