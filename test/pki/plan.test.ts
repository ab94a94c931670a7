import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readTbs } from "../../src/pki/certificate.ts";
import { OID } from "../../src/pki/der/oids.ts";
import type { IssuingCa } from "../../src/pki/issuing-ca.ts";
import { viewLeaf, type LeafView } from "../../src/pki/leaf-view.ts";
import { LintFault } from "../../src/pki/lint.ts";
import { planCertificate, type CertificatePlan } from "../../src/pki/plan.ts";
import { makeIssuingCa, NOW } from "./support/authority.ts";
import { DAY, dns, ip, makeOrder, makePlan, makeVerifiedKey } from "./support/order.ts";
import { HOST } from "./support/request.ts";

const ca = await makeIssuingCa();
const key = await makeVerifiedKey();

const viewOf = ({ tbs }: CertificatePlan): LeafView => {
  const view = viewLeaf(tbs);
  if (!view.ok) throw new Error(view.error);
  return view.value;
};

describe("the validity of a plan", () => {
  test("validity-length, backdate: the lifetime counts from five minutes ago and includes both ends", async () => {
    const lifetimes = fc.tuple(
      fc.integer({ min: 3_600, max: 90 * DAY }),
      fc.integer({ min: NOW, max: NOW + 200 * DAY }),
    );
    await fc.assert(
      fc.asyncProperty(lifetimes, async ([lifetime, now]) => {
        const plan = await makePlan(await makeOrder(ca, { key, lifetime, now }));
        expect(plan.notBefore).toBe(now - 300);
        expect(plan.notAfter - plan.notBefore + 1).toBe(lifetime);
        const tbs = readTbs(plan.tbs);
        expect(tbs).toMatchObject({
          ok: true,
          value: { notBefore: plan.notBefore, notAfter: plan.notAfter },
        });
      }),
      { numRuns: 50 },
    );
  });

  test("within-issuer: it never begins before the CA's", async () => {
    const young: IssuingCa = { ...ca, notBefore: NOW - 10 };
    const plan = await makePlan(await makeOrder(young, { lifetime: DAY }));
    expect(plan.notBefore).toBe(NOW - 10);
    expect(plan.notAfter).toBe(NOW - 10 + DAY - 1);
  });

  test("within-issuer: it may end in the CA's last second and not one later", async () => {
    const end: IssuingCa = { ...ca, notAfter: NOW - 300 + DAY - 1 };
    expect((await makePlan(await makeOrder(end, { lifetime: DAY }))).notAfter).toBe(end.notAfter);
    expect(await planCertificate(await makeOrder(end, { lifetime: DAY + 1 }))).toMatchObject({
      ok: false,
      error: { code: "option-invalid", field: "lifetime" },
    });
  });

  test("a lifetime beyond the CA's is refused with the end and a lifetime that works", async () => {
    const ending: IssuingCa = { ...ca, notAfter: NOW + 5 * 3_600 + 17 };
    const refused = await planCertificate(await makeOrder(ending));
    if (refused.ok) throw new Error("this lifetime should have been refused");
    expect(refused.error.detail).toContain("2026-11-22T17:00:17Z");
    expect(refused.error.detail).toContain("5h or less");
    expect(await planCertificate(await makeOrder(ending, { lifetime: 5 * 3_600 }))).toMatchObject({
      ok: true,
    });
  });

  test("validity-order: dates on both sides of 2050 keep their value", async () => {
    const now = Date.UTC(2049, 11, 31, 23) / 1000;
    const late: IssuingCa = { ...ca, notAfter: now + 90 * DAY };
    const plan = await makePlan(await makeOrder(late, { now, lifetime: DAY }));
    expect(readTbs(plan.tbs)).toMatchObject({
      ok: true,
      value: { notBefore: now - 300, notAfter: now - 300 + DAY - 1 },
    });
  });

  test.each([
    ["has expired", { notAfter: NOW - 1 }],
    ["ends now", { notAfter: NOW }],
    ["ends within the hour", { notAfter: NOW + 3_599 }],
    ["is not valid yet", { notBefore: NOW + 1 }],
  ])("a CA that %s plans nothing", async (_, change) => {
    expect(await planCertificate(await makeOrder({ ...ca, ...change }, { lifetime: 3_600 }))).toMatchObject({
      ok: false,
      error: { code: "ca-expired", retryAfterSeconds: 3_600 },
    });
  });

  test("a CA that ends in exactly an hour still gives an hour", async () => {
    const order = await makeOrder({ ...ca, notAfter: NOW + 3_600 }, { lifetime: 3_600 });
    expect(await planCertificate(order)).toMatchObject({ ok: true });
  });
});

describe("the names of a plan", () => {
  test("san-exact, subject: the host as CN, and the names in their order", async () => {
    const names = [dns(HOST), dns("node-01"), dns("*.rabbit.svc"), ip("10.20.0.12"), ip("fd00:20::12")];
    const plan = await makePlan(await makeOrder(ca, { names }));
    expect(viewOf(plan)).toMatchObject({ names, commonName: HOST });
    expect(plan.names).toEqual(names);
    expect(viewOf(plan).critical.has(OID.subjectAltName)).toBe(false);
  });

  test("a host of 64 characters is still a CN, and of 65 is not: then the SAN is critical", async () => {
    for (const length of [64, 65]) {
      const host = `${"a".repeat(60)}.${"b".repeat(length - 61)}`;
      const view = viewOf(await makePlan(await makeOrder(ca, { host, names: [dns(host)] })));
      expect(view.commonName).toBe(length === 64 ? host : null);
      expect(view.critical.has(OID.subjectAltName)).toBe(length === 65);
    }
  });

  test.each(["10.20.0.12", "fd00:20::12"])(
    "the address %s is an iPAddress and a dNSName of the same text",
    async (host) => {
      const names = [ip(host), dns(host)];
      expect(viewOf(await makePlan(await makeOrder(ca, { host, names })))).toMatchObject({
        names,
        commonName: host,
      });
    },
  );

  test("name-constraints: outside them nothing is planned", async () => {
    const constrained: IssuingCa = {
      ...ca,
      nameConstraints: { permitted: ["nodes.example.internal"], excluded: [] },
    };
    expect(await planCertificate(await makeOrder(constrained))).toMatchObject({ ok: true });
    const host = "emqx-01.edge.example.internal";
    expect(await planCertificate(await makeOrder(constrained, { host, names: [dns(host)] }))).toMatchObject({
      ok: false,
      error: { code: "name-not-allowed" },
    });
    expect(
      await planCertificate(
        await makeOrder(constrained, { names: [dns(HOST), dns("rabbit.other.internal")] }),
      ),
    ).toMatchObject({ ok: false, error: { code: "name-not-allowed" } });
  });

  test.each([
    ["a name in upper case", [dns(HOST), dns("NODE-01")]],
    ["a name with an underscore", [dns(HOST), dns("node_01")]],
    ["a name with a comma", [dns(HOST), dns("a,DNS:b")]],
    ["an empty name", [dns(HOST), dns("")]],
    ["a wildcard in the middle", [dns(HOST), dns("a.*.b")]],
    ["an address without its iPAddress", [dns(HOST), dns("10.0.0.1")]],
    ["a host that is not the first name", [dns("other.example"), dns(HOST)]],
    ["no name", []],
  ])("%s from a broken policy is our fault, and nothing is signed", async (_, names) => {
    await expect(planCertificate(await makeOrder(ca, { names }))).rejects.toThrow(LintFault);
  });
});

describe("the rest of a plan", () => {
  test("is what the ledger must know", async () => {
    const order = await makeOrder(ca);
    const plan = await makePlan(order);
    expect(plan).toMatchObject({ keyType: "ec-p256", spkiSha256: order.key.spkiSha256 });
    expect(plan.serial).toMatch(/^[0-9a-f]{34}$/);
  });

  test("depends on nothing but the order and the random serial", async () => {
    const order = await makeOrder(ca, { random: (length) => new Uint8Array(length).fill(7) });
    expect(await makePlan(order)).toEqual(await makePlan(order));
    const other = await makePlan({ ...order, random: (length) => new Uint8Array(length).fill(8) });
    expect(other.tbs).not.toEqual((await makePlan(order)).tbs);
  });

  test.each([
    ["P-256", ["digitalSignature"]],
    ["P-384", ["digitalSignature"]],
    ["P-521", ["digitalSignature"]],
    ["Ed25519", ["digitalSignature"]],
    ["RSA", ["digitalSignature", "keyEncipherment"]],
  ] as const)("ku, eku, bc-false: a %s key may be used for %j", async (algorithm, keyUsage) => {
    const view = viewOf(await makePlan(await makeOrder(ca, { key: await makeVerifiedKey(algorithm) })));
    expect(view).toMatchObject({
      keyUsage,
      purposes: [OID.serverAuth, OID.clientAuth],
      basicConstraints: { ca: false },
    });
  });
});
