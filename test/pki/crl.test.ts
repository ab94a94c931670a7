import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { signCrl, type CrlContent } from "../../src/pki/crl.ts";
import type { Bytes } from "../../src/pki/der/reader.ts";
import type { IssuingCa } from "../../src/pki/issuing-ca.ts";
import { writePem } from "../../src/pki/pem.ts";
import { REVOCATION_REASONS, type RevocationReason } from "../../src/pki/revocation-reason.ts";
import { attempt, run } from "../support/process.ts";
import { describeOpenssl } from "../support/openssl.ts";
import { makeIssuingCa, NOW } from "./support/authority.ts";
import { oracle } from "./support/oracle.ts";

const DAY = 86_400;
const REASONS = Object.keys(REVOCATION_REASONS) as RevocationReason[];
const serial = (n: number): string => `8f${n.toString(16).padStart(32, "0")}`;

const content = (changes: Partial<CrlContent> = {}): CrlContent => ({
  number: NOW,
  thisUpdate: NOW,
  nextUpdate: NOW + 7 * DAY,
  revoked: REASONS.map((reason, n) => ({ serial: serial(n), revokedAt: NOW - n, reason })),
  ...changes,
});

describe("a CRL", () => {
  it("reads back with another library as what it was made of", async () => {
    const ca = await makeIssuingCa();
    const crl = new oracle.X509Crl(await signCrl(content(), ca));
    expect(crl.version).toBe(1);
    expect([crl.thisUpdate, crl.nextUpdate]).toEqual([
      new Date(NOW * 1000),
      new Date((NOW + 7 * DAY) * 1000),
    ]);
    expect(
      crl.entries.map(({ serialNumber, revocationDate, reason }) => [
        serialNumber.replace(/^00/, ""),
        revocationDate.getTime() / 1000,
        reason,
      ]),
    ).toEqual(REASONS.map((reason, n) => [serial(n), NOW - n, REVOCATION_REASONS[reason] ?? undefined]));
    expect(crl.extensions.map(({ type, critical }) => [type, critical])).toEqual([
      ["2.5.29.35", false],
      ["2.5.29.20", false],
    ]);
    expect(await crl.verify({ publicKey: ca.publicKey })).toBe(true);
  });
  it("writes no reason code where the reason is unspecified, and no critical one anywhere (RFC 5280 §5.3.1)", async () => {
    const crl = new oracle.X509Crl(await signCrl(content(), await makeIssuingCa()));
    expect(crl.entries.map(({ extensions }) => extensions.map(({ critical }) => critical))).toEqual(
      REASONS.map((reason) => (reason === "unspecified" ? [] : [false])),
    );
  });
  it("names its issuer by the CA's own bytes", async () => {
    const ca = await makeIssuingCa();
    const crl = await signCrl(content({ revoked: [] }), ca);
    expect(Buffer.from(crl).includes(Buffer.from(ca.subject))).toBe(true);
    expect(Buffer.from(crl).includes(Buffer.from(ca.keyIdentifier))).toBe(true);
  });
  it("of a serial that is no hexadecimal is not made", async () => {
    const revoked = [{ serial: "zz", revokedAt: NOW, reason: "superseded" }] as const;
    expect(() => signCrl(content({ revoked }), ca0)).toThrow("not hexadecimal");
  });
  it("of 100,000 is made", async () => {
    const revoked = Array.from({ length: 100_000 }, (_, n) => ({
      serial: serial(n),
      revokedAt: NOW,
      reason: "superseded" as const,
    }));
    expect((await signCrl(content({ revoked }), ca0)).length).toBeGreaterThan(5_000_000);
  });
});

const ca0 = await makeIssuingCa();

describeOpenssl("OpenSSL", () => {
  const directory = mkdtempSync(join(tmpdir(), "interlock-crl-"));
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  const pem = (crl: Bytes): string => writePem("X509 CRL", crl);
  const verify = (crl: Bytes, ca: IssuingCa) =>
    attempt([
      "openssl",
      "crl",
      "-noout",
      "-verify",
      "-CAfile",
      file("ca.pem", ca.chainPem),
      "-in",
      file("crl.pem", pem(crl)),
    ]);

  it.each(["P-256", "P-384", "RSA", "Ed25519"] as const)("verifies the CRL of a %s CA", async (algorithm) => {
    const ca = await makeIssuingCa({ algorithm });
    expect((await verify(await signCrl(content(), ca), ca)).stderr).toContain("verify OK");
    expect((await verify(await signCrl(content(), ca), ca0)).stderr).not.toContain("verify OK");
  });
  it("prints version, number, key identifier and every entry", async () => {
    const text = await run(["openssl", "crl", "-noout", "-text"], {
      stdin: pem(await signCrl(content(), ca0)),
    });
    expect(text).toContain("Version 2 (0x1)");
    expect(text).toMatch(/X509v3 CRL Number: ?\n +(?:1795348800|0x6B02B940)/i);
    expect(text).toContain("X509v3 Authority Key Identifier");
    expect(text.match(/Serial Number:/g)).toHaveLength(REASONS.length);
    expect(text).toContain("Key Compromise");
  });
  it("counts 10,000", async () => {
    const revoked = Array.from({ length: 10_000 }, (_, n) => ({
      serial: serial(n),
      revokedAt: NOW,
      reason: "superseded" as const,
    }));
    const text = await run(["openssl", "crl", "-noout", "-text"], {
      stdin: pem(await signCrl(content({ revoked }), ca0)),
    });
    expect(text.match(/Serial Number:/g)).toHaveLength(10_000);
  });
  it("says that nothing is revoked where nothing is", async () => {
    const text = await run(["openssl", "crl", "-noout", "-text"], {
      stdin: pem(await signCrl(content({ revoked: [] }), ca0)),
    });
    expect(text).toContain("No Revoked Certificates");
  });
});
