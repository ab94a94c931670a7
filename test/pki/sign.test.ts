import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sha256Hex, toHex, utf8 } from "../../src/bytes.ts";
import { readCertificate, verifySignedBy } from "../../src/pki/certificate.ts";
import { OID } from "../../src/pki/der/oids.ts";
import type { Bytes } from "../../src/pki/der/reader.ts";
import { element, oid, sequence, setOf } from "../../src/pki/der/writer.ts";
import type { IssuingCa } from "../../src/pki/issuing-ca.ts";
import { acceptPublicKey } from "../../src/pki/key-policy.ts";
import { LintFault, lintRecorded, lintTbs } from "../../src/pki/lint.ts";
import { loadIssuingCa } from "../../src/pki/load-issuing-ca.ts";
import { readPem, writePem } from "../../src/pki/pem.ts";
import { signCertificate } from "../../src/pki/sign.ts";
import { requireOrSkip } from "../support/requirements.ts";
import { makeIssuingCa } from "./support/authority.ts";
import { caSets, describeCorpus, readCaFile, rootPem } from "./support/corpus.ts";
import { oracle } from "./support/oracle.ts";
import { dns, ip, makeOrder, makePlan, makeVerifiedKey } from "./support/order.ts";
import { commonName, HOST } from "./support/request.ts";

const CA_ALGORITHMS = ["P-256", "P-384", "RSA", "Ed25519"] as const;
const KEY_ALGORITHMS = ["P-256", "P-384", "P-521", "RSA", "Ed25519"] as const;

const openssl = (...args: readonly string[]): string => execFileSync("openssl", args, { encoding: "utf8" });

const describeOpenssl = requireOrSkip("openssl", () => {
  try {
    openssl("version");
    return { available: true };
  } catch {
    return { available: false, why: "there is no openssl command" };
  }
});

const directory = mkdtempSync(join(tmpdir(), "interlock-sign-"));

/** As strict as OpenSSL gets, in both roles that a node plays. */
const verifyWithOpenssl = (leaf: string, ca: IssuingCa, at: number): string => {
  const path = (name: string, content: string): string => {
    writeFileSync(join(directory, name), content);
    return join(directory, name);
  };
  const files = [
    "-CAfile",
    path("roots.pem", ca.trustBundlePem),
    "-untrusted",
    path("chain.pem", ca.chainPem),
  ];
  return ["sslserver", "sslclient"]
    .map((purpose) =>
      openssl(
        "verify",
        "-x509_strict",
        "-attime",
        String(at),
        "-purpose",
        purpose,
        ...files,
        path("leaf.pem", leaf),
      ),
    )
    .join("");
};

describe("a signed certificate", () => {
  test("holds exactly the planned bytes, in all three forms", async () => {
    const order = await makeOrder(await makeIssuingCa());
    const plan = await makePlan(order);
    const signed = await signCertificate(plan.linted);
    expect(readCertificate(signed.der)).toMatchObject({ ok: true, value: { tbs: { raw: plan.tbs } } });
    expect(readPem(signed.pem, "blank")).toEqual({
      ok: true,
      value: [{ label: "CERTIFICATE", der: signed.der }],
    });
    expect(signed.sha256).toBe(await sha256Hex(signed.der));
  });

  test.each(CA_ALGORITHMS)("sigalg-equal, verifies: under a %s key by our own reader", async (algorithm) => {
    const order = await makeOrder(await makeIssuingCa({ algorithm }));
    const { der } = await signCertificate((await makePlan(order)).linted);
    const [read, issuer] = [readCertificate(der), readCertificate(order.ca.certificate)];
    if (!read.ok || !issuer.ok) throw new Error("a certificate does not read");
    expect(read.value.signatureIdentifier).toEqual(read.value.tbs.signatureIdentifier);
    const issuerKey = acceptPublicKey(issuer.value.tbs.spki);
    expect(issuerKey.ok && (await verifySignedBy(read.value, issuerKey.value))).toBe(true);
    const leafKey = acceptPublicKey(read.value.tbs.spki);
    expect(leafKey.ok && (await verifySignedBy(read.value, leafKey.value))).toBe(false);
  });

  test.each(KEY_ALGORITHMS)("for a %s key reads the same to @peculiar/x509", async (algorithm) => {
    const names = [dns(HOST), dns("node-01"), dns("*.rabbit.svc"), ip("10.20.0.12"), ip("fd00:20::12")];
    const order = await makeOrder(await makeIssuingCa(), { names, key: await makeVerifiedKey(algorithm) });
    const plan = await makePlan(order);
    const { der, sha256 } = await signCertificate(plan.linted);
    const theirs = new oracle.X509Certificate(der);
    const issuer = new oracle.X509Certificate(order.ca.certificate);
    expect(theirs.serialNumber.replace(/^00/, "")).toBe(plan.serial);
    expect([theirs.notBefore.getTime() / 1000, theirs.notAfter.getTime() / 1000]).toEqual([
      plan.notBefore,
      plan.notAfter,
    ]);
    expect(theirs.subject).toBe(`CN=${HOST}`);
    expect(theirs.issuer).toBe(issuer.subject);
    expect(new Uint8Array(theirs.publicKey.rawData)).toEqual(order.key.spki);
    expect(theirs.getExtension(oracle.SubjectAlternativeNameExtension)?.names.toJSON()).toEqual(names);
    expect(theirs.getExtension(oracle.SubjectKeyIdentifierExtension)?.keyId).toBe(
      toHex(new Uint8Array(await theirs.publicKey.getKeyIdentifier())),
    );
    expect(theirs.getExtension(oracle.AuthorityKeyIdentifierExtension)?.keyId).toBe(
      toHex(order.ca.keyIdentifier),
    );
    expect(theirs.getExtension(oracle.BasicConstraintsExtension)).toMatchObject({
      ca: false,
      critical: true,
    });
    expect(theirs.getExtension(oracle.ExtendedKeyUsageExtension)?.usages).toEqual([
      OID.serverAuth,
      OID.clientAuth,
    ]);
    expect(toHex(new Uint8Array(await theirs.getThumbprint("SHA-256")))).toBe(sha256);
    expect(await theirs.verify({ publicKey: issuer.publicKey, signatureOnly: true })).toBe(true);
  });
});

describe("nothing leaves", () => {
  test("when the bytes were planned for another CA", async () => {
    const order = await makeOrder(await makeIssuingCa());
    const other = await makeIssuingCa({ name: commonName("Other Intermediate") });
    await expect(lintTbs((await makePlan(order)).tbs, other)).rejects.toThrow(LintFault);
  });

  test("when the bytes were changed in the ledger", async () => {
    const order = await makeOrder(await makeIssuingCa());
    const { tbs } = await makePlan(order);
    const changed = tbs.map((octet, i) => (i === tbs.length - 1 ? octet ^ 0x80 : octet));
    await expect(lintTbs(changed, order.ca)).rejects.toThrow(LintFault);
  });

  test("when what was recorded is neither what was planned nor by the profile", async () => {
    const order = await makeOrder(await makeIssuingCa());
    const { tbs, linted } = await makePlan(order);
    const changed = tbs.map((octet, i) => (i === tbs.length - 1 ? octet ^ 0x80 : octet));
    await expect(lintRecorded(changed, order.ca, linted)).rejects.toThrow(LintFault);
    await expect(lintRecorded(changed, order.ca, null)).rejects.toThrow(LintFault);
  });

  test("when it was planned for a CA that has changed meanwhile", async () => {
    const order = await makeOrder(await makeIssuingCa());
    const { tbs, linted } = await makePlan(order);
    const other = await makeIssuingCa({ name: commonName("Other Intermediate") });
    await expect(lintRecorded(tbs, other, linted)).rejects.toThrow(LintFault);
    expect((await lintRecorded(tbs.slice(), order.ca, linted)).tbs).toEqual(tbs);
  });

  test.each(CA_ALGORITHMS)("when a %s key does not belong to the CA's certificate", async (algorithm) => {
    const [ca, stranger] = [await makeIssuingCa({ algorithm }), await makeIssuingCa({ algorithm })];
    const { tbs } = await makePlan(await makeOrder(ca));
    const linted = await lintTbs(tbs, { ...ca, signingKey: stranger.signingKey });
    await expect(signCertificate(linted)).rejects.toThrow("does not verify");
  });
});

describeOpenssl("openssl verify -x509_strict", () => {
  test.each(CA_ALGORITHMS.flatMap((ca) => KEY_ALGORITHMS.map((key) => [ca, key] as const)))(
    "verifies: a %s CA's leaf with a %s key",
    async (algorithm, keyAlgorithm) => {
      const ca = await makeIssuingCa({ algorithm });
      const order = await makeOrder(ca, { key: await makeVerifiedKey(keyAlgorithm) });
      const { pem } = await signCertificate((await makePlan(order)).linted);
      expect(verifyWithOpenssl(pem, ca, order.now)).toMatch(/^(?:.*: OK\n){2}$/);
    },
  );

  test.each<[string, Bytes]>([
    ["PrintableString", name([[OID.commonName, element(0x13, utf8("Example CA"))]])],
    ["UTF8String beyond ASCII", name([[OID.commonName, element(0x0c, utf8("Beispiel-CA für Knoten"))]])],
    ["TeletexString", name([[OID.commonName, element(0x14, Uint8Array.of(0x43, 0x41, 0xe9))]])],
    ["BMPString", name([[OID.commonName, element(0x1e, Uint8Array.of(0, 0x43, 0, 0x41))]])],
    ["UniversalString", name([[OID.commonName, element(0x1c, Uint8Array.of(0, 0, 0, 0x43, 0, 0, 0, 0x41))]])],
    [
      "IA5String components",
      name([
        ["0.9.2342.19200300.100.1.25", element(0x16, utf8("example"))],
        ["0.9.2342.19200300.100.1.25", element(0x16, utf8("internal"))],
      ]),
    ],
    [
      "many RDNs",
      name([
        ["2.5.4.6", element(0x13, utf8("DE"))],
        ["2.5.4.10", element(0x0c, utf8("Example"))],
        ["2.5.4.11", element(0x0c, utf8("PKI"))],
        [OID.commonName, element(0x0c, utf8("Example CA"))],
      ]),
    ],
    [
      "a private attribute",
      name([
        ["1.3.6.1.4.1.99999.7", element(0x0c, utf8("x"))],
        [OID.commonName, element(0x0c, utf8("Example CA"))],
      ]),
    ],
    [
      "blanks and cases that matching folds",
      name([[OID.commonName, element(0x0c, utf8("  Example   cA "))]]),
    ],
  ])("issuer-bytes: a CA whose name is %s keeps it byte for byte", async (_, caName) => {
    const ca = await makeIssuingCa({ name: caName });
    const order = await makeOrder(ca);
    const { der, pem } = await signCertificate((await makePlan(order)).linted);
    expect(readCertificate(der)).toMatchObject({ ok: true, value: { tbs: { issuer: caName } } });
    expect(verifyWithOpenssl(pem, ca, order.now)).toMatch(/^(?:.*: OK\n){2}$/);
  });

  test("aki-equals-ski: a CA whose identifier is not a hash of its key", async () => {
    const ca = await makeIssuingCa({ keyIdentifier: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) });
    const order = await makeOrder(ca);
    const { pem } = await signCertificate((await makePlan(order)).linted);
    expect(verifyWithOpenssl(pem, ca, order.now)).toMatch(/^(?:.*: OK\n){2}$/);
  });

  test("an empty subject and an address as host", async () => {
    const ca = await makeIssuingCa();
    const long = `${"a".repeat(60)}.${"b".repeat(60)}.example`;
    for (const change of [
      { host: long, names: [dns(long)] },
      { host: "fd00:20::12", names: [ip("fd00:20::12"), dns("fd00:20::12")] },
    ]) {
      const order = await makeOrder(ca, change);
      const { pem } = await signCertificate((await makePlan(order)).linted);
      expect(verifyWithOpenssl(pem, ca, order.now)).toMatch(/^(?:.*: OK\n){2}$/);
    }
  });

  test("reads every extension of the profile, and the purposes of both roles", async () => {
    const ca = await makeIssuingCa();
    const order = await makeOrder(ca, { names: [dns(HOST), ip("10.20.0.12")] });
    const { der } = await signCertificate((await makePlan(order)).linted);
    writeFileSync(join(directory, "leaf.pem"), writePem("CERTIFICATE", der));
    const text = openssl("x509", "-in", join(directory, "leaf.pem"), "-noout", "-text", "-purpose");
    for (const line of [
      "Version: 3 (0x2)",
      "CA:FALSE",
      "Digital Signature",
      "TLS Web Server Authentication, TLS Web Client Authentication",
      `DNS:${HOST}, IP Address:10.20.0.12`,
      "SSL client : Yes",
      "SSL server : Yes",
      "SSL server CA : No",
    ]) {
      expect(text).toContain(line);
    }
  });
});

describeCorpus("the CA sets that issue", () => {
  test.each(caSets.filter(({ expected }) => expected.startsWith("issue") && !expected.includes("refuse")))(
    "$id: a leaf reads, verifies and names its issuer byte for byte",
    async ({ id }) => {
      const now = Math.floor(Date.now() / 1000);
      const material = {
        certificate: readCaFile(id, "ca.pem"),
        privateKey: readCaFile(id, "key.pem"),
        trustBundle: rootPem(),
      };
      const ca = await loadIssuingCa(material, now);
      if (!ca.ok) throw new Error(ca.error.detail);
      const order = await makeOrder(ca.value, { now });
      const { der } = await signCertificate((await makePlan(order)).linted);
      expect(readCertificate(der)).toMatchObject({ ok: true, value: { tbs: { issuer: ca.value.subject } } });
      const theirs = new oracle.X509Certificate(der);
      const issuer = new oracle.X509Certificate(ca.value.certificate);
      expect(await theirs.verify({ publicKey: issuer.publicKey, signatureOnly: true })).toBe(true);
    },
  );
});

function name(attributes: readonly (readonly [type: string, value: Bytes])[]): Bytes {
  return sequence(...attributes.map(([type, value]) => setOf(sequence(oid(type), value))));
}
