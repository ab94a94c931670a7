import { describe, expect, test } from "vitest";
import { verifyCsr } from "../../../src/pki/csr.ts";
import { lintTbs } from "../../../src/pki/lint.ts";
import { signCertificate } from "../../../src/pki/sign.ts";
import { makeIssuingCa } from "../../pki/support/authority.ts";
import { makeOrder, makePlan, makeVerifiedKey } from "../../pki/support/order.ts";
import { commonName, dnsNames, HOST, makeRequest } from "../../pki/support/request.ts";
import { makeKeyPair } from "../../pki/support/web-crypto.ts";
import { bitString, oid, sequence } from "../../../src/pki/der/writer.ts";
import { OID } from "../../../src/pki/der/oids.ts";

/** The runtime that production has: its WebCrypto is BoringSSL's, with its own ideas about keys and signatures. */
const EXPECTED = {
  host: HOST,
  names: [{ type: "dns", value: HOST }],
  keys: new Set(["ec-p256"] as const),
  blockedKeys: new Set<string>(),
  caSpkiSha256: "00",
} as const;

describe.each(["P-256", "P-384", "RSA", "Ed25519"] as const)("in workerd a %s CA", (algorithm) => {
  test.each(["P-256", "P-384", "P-521", "RSA", "Ed25519"] as const)(
    "signs for a %s key what it planned",
    async (key) => {
      const order = await makeOrder(await makeIssuingCa({ algorithm }), { key: await makeVerifiedKey(key) });
      const plan = await makePlan(order);
      const signed = await signCertificate(plan.linted);
      expect(signed.pem).toContain("-----BEGIN CERTIFICATE-----");
    },
  );

  test("refuses to sign with a key that is not its own", async () => {
    const [ca, stranger] = [await makeIssuingCa({ algorithm }), await makeIssuingCa({ algorithm })];
    const { tbs } = await makePlan(await makeOrder(ca));
    const linted = await lintTbs(tbs, { ...ca, signingKey: stranger.signingKey });
    await expect(signCertificate(linted)).rejects.toThrow("does not verify");
  });
});

describe("in workerd a CSR", () => {
  test("with a good signature gives its key", async () => {
    const csr = await makeRequest(await makeKeyPair(), {
      subject: commonName(HOST),
      extensions: [dnsNames(HOST)],
    });
    expect(await verifyCsr(csr, EXPECTED)).toMatchObject({ ok: true, value: { type: "ec-p256" } });
  });

  test("with one bit of its signature changed is refused", async () => {
    const csr = await makeRequest(await makeKeyPair());
    const changed = csr.map((octet, i) => (i === csr.length - 1 ? octet ^ 1 : octet));
    expect(await verifyCsr(changed, EXPECTED)).toMatchObject({
      ok: false,
      error: { code: "csr-signature-invalid" },
    });
  });

  test("with a point off the curve never reaches WebCrypto", async () => {
    const spki = sequence(
      sequence(oid(OID.ecPublicKey), oid(OID.prime256v1)),
      bitString(new Uint8Array(65).fill(4)),
    );
    const csr = await makeRequest(await makeKeyPair(), { spki });
    expect(await verifyCsr(csr, EXPECTED)).toMatchObject({ ok: false, error: { code: "weak-key" } });
  });
});
