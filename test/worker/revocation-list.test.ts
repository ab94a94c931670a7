import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { Custody } from "../../src/custody/custody.ts";
import { CRL_LIFETIME_SECONDS, CRL_REFRESH_SECONDS } from "../../src/ledger/crl.ts";
import type { IssuingCa } from "../../src/pki/issuing-ca.ts";
import { clusterCrl, crlIssuer, crlsForNode, currentCrl } from "../../src/revocation-list.ts";
import { makeAuthority, makeIssuingCa } from "../pki/support/authority.ts";
import { clusterWith } from "../policy/cluster.ts";
import { NOON } from "../support/ledger-requests.ts";
import { issueIn, newLedger, nth, serialOf } from "./support/ledgers.ts";

const cluster = clusterWith({ certificate: { lifetime: "1d", maxLifetime: "1d" } });

/** A custody that has this CA, or none. */
const custodyOf = (ca: IssuingCa | null): Custody => ({
  snapshot: async () =>
    ca === null
      ? { ok: false, error: { code: "ca-unavailable", detail: "no secret", retryAfterSeconds: 5 } }
      : { ok: true, value: { id: "0".repeat(64), ca, tokenKey: ca.publicKey, cookie: null } },
});

describe("a cluster's CRL", () => {
  it("is made anew when it is asked for after every schedule and alarm has failed", async () => {
    const { ledger } = newLedger();
    const custody = custodyOf(await makeIssuingCa());
    await clusterCrl(cluster, { custody, ledger, now: NOON });
    for (const now of [NOON + CRL_REFRESH_SECONDS, NOON + 2 * CRL_LIFETIME_SECONDS]) {
      const crl = await clusterCrl(cluster, { custody, ledger, now });
      expect(crl).toMatchObject({ ok: true, value: { thisUpdate: now } });
    }
  });
  it("is the one before while the CA cannot be had, but never one past its end", async () => {
    const { ledger } = newLedger();
    const before = await clusterCrl(cluster, {
      custody: custodyOf(await makeIssuingCa()),
      ledger,
      now: NOON,
    });
    const without = (now: number) => clusterCrl(cluster, { custody: custodyOf(null), ledger, now });
    expect(await without(NOON + CRL_LIFETIME_SECONDS - 1)).toEqual(before);
    expect(await without(NOON + CRL_LIFETIME_SECONDS)).toMatchObject({
      ok: false,
      error: { code: "ca-unavailable" },
    });
  });
  it("may be used for as long as a certificate of the cluster can live", async () => {
    const { ledger } = newLedger();
    const custody = custodyOf(await makeIssuingCa());
    const longer = clusterWith({ certificate: { lifetime: "30d", maxLifetime: "60d" } });
    const crl = await clusterCrl(longer, { custody, ledger, now: NOON });
    expect(crl).toMatchObject({ ok: true, value: { nextUpdate: NOON + 60 * 86_400 } });
  });
  it("of 10,000 is planned, signed and kept in one request", async () => {
    const { ledger, object } = newLedger();
    const ca = await makeIssuingCa();
    await issueIn(ledger, nth(1, { issuer: crlIssuer(ca) }));
    await ledger.revoke({ now: NOON, target: { kind: "cluster" }, reason: "superseded" });
    await runInDurableObject(object, (_, state) => {
      const sql = state.storage.sql;
      const columns = sql
        .exec("SELECT * FROM certificate")
        .columnNames.filter((name) => name !== "id" && name !== "serial")
        .join(", ");
      sql.exec(`INSERT INTO certificate (serial, ${columns})
        WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
        SELECT printf('8f%032x', i), ${columns} FROM certificate, n`);
    });
    await ledger.revoke({
      now: NOON,
      target: { kind: "certificate", serial: serialOf(1) },
      reason: "keyCompromise",
    });
    const { der } = await currentCrl(cluster, ca, ledger, NOON);
    // The other library stops at so many elements; test/pki/crl.test.ts has OpenSSL count them.
    expect(der.length).toBeGreaterThan(10_000 * 50);
  });
});

describe("the CRL files of a node", () => {
  it("are of its own issuer and of earlier ones, and share no name where their issuers do", async () => {
    const { ledger } = newLedger();
    const root = await makeAuthority({ algorithm: "P-384" });
    const [old, sameName] = [await makeIssuingCa({ issuer: root }), await makeIssuingCa({ issuer: root })];
    const other = await makeIssuingCa();
    const renamed = { ...other, nameHash: "0badcafe" };
    await currentCrl(cluster, old, ledger, NOON);
    await currentCrl(cluster, renamed, ledger, NOON);
    const files = await crlsForNode(cluster, sameName, ledger, NOON);
    expect(files.map(({ name }) => name)).toEqual([
      `${sameName.nameHash}.r0`,
      "0badcafe.r0",
      `${old.nameHash}.r1`,
    ]);
    expect(new Set(files.map(({ pem }) => pem)).size).toBe(3);
  });
});
