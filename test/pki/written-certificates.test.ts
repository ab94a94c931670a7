import { createHash, X509Certificate } from "node:crypto";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { equalBytes, toHex } from "../../src/bytes.ts";
import { parseHost } from "../../src/node/host.ts";
import { readTbs } from "../../src/pki/certificate.ts";
import type { Bytes } from "../../src/pki/der/reader.ts";
import type { GeneralName } from "../../src/pki/general-name.ts";
import type { IssuingCa } from "../../src/pki/issuing-ca.ts";
import type { VerifiedKey } from "../../src/pki/key.ts";
import type { CertificateOrder, CertificatePlan } from "../../src/pki/plan.ts";
import { keyFamily } from "../../src/pki/signature-algorithm.ts";
import { signCertificate } from "../../src/pki/sign.ts";
import { libcrypto, openLibcrypto, type Libcrypto } from "../support/libcrypto.ts";
import { requireOrSkip } from "../support/requirements.ts";
import { CA_ALGORITHMS, dates, made, makeLongLivedCas, YEAR } from "./support/long-lived-cas.ts";
import { oracle } from "./support/oracle.ts";
import { DAY, dns, ip, makePlan, makeVerifiedKey } from "./support/order.ts";
import { HOST } from "./support/request.ts";
import { exportKey, type KeyAlgorithm } from "./support/web-crypto.ts";

const KEY_ALGORITHMS = ["P-256", "P-384", "P-521", "RSA", "Ed25519"] as const;

/** Bits of OpenSSL's `EXFLAG_…`, `KU_…` and `XKU_…`. */
const EXFLAG = { bcons: 0x1, kusage: 0x2, xkusage: 0x4, ca: 0x10, invalid: 0x80 };
const KU = { digitalSignature: 0x80, keyEncipherment: 0x20 };
const XKU_SERVER_AND_CLIENT = 0x3;

const hosts = fc.constantFrom(
  HOST,
  "a",
  `${"h".repeat(60)}.abc`,
  `${"h".repeat(60)}.abcd`,
  `${"h".repeat(63)}.${"i".repeat(63)}.${"j".repeat(63)}.${"k".repeat(61)}`,
  "10.20.0.12",
  "fd00:20::13",
);
const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?$/);
const octet = fc.nat(255);
const name = fc.oneof(
  fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => dns(labels.join("."))),
  fc.array(label, { minLength: 2, maxLength: 3 }).map((labels) => dns(`*.${labels.join(".")}`)),
  fc.tuple(octet, octet, octet, octet).map((octets) => ip(octets.join("."))),
  fc.constantFrom(ip("::1"), ip("fd00:20::12"), ip("2001:db8:1:2:3:4:5:6")),
);

/** First octets on both sides of the sign bit, some with nothing but zeros after them. */
const serials = fc
  .tuple(
    fc.constantFrom(0x00, 0x01, 0x7f, 0x80, 0xff),
    fc.oneof(fc.constant(new Uint8Array(16)), fc.uint8Array({ minLength: 16, maxLength: 16 })),
  )
  .map(([first, rest]) => Uint8Array.of(first, ...rest));

const hostName = (host: string): GeneralName => (parseHost(host)?.kind === "ip" ? ip(host) : dns(host));

const wishes = fc.record({
  algorithm: fc.constantFrom(...CA_ALGORITHMS),
  keyAlgorithm: fc.constantFrom(...KEY_ALGORITHMS),
  host: hosts,
  others: fc.uniqueArray(name, { maxLength: 15, selector: ({ value }) => value }),
  lifetime: fc.oneof(fc.integer({ min: 3600, max: 7 * DAY }), fc.constantFrom(YEAR, 10 * YEAR)),
  now: dates,
  serial: serials,
});

/** As OpenSSL prints names: addresses of version 6 at full length. */
const printed = ({ type, value }: GeneralName): string =>
  type === "dns" ? `DNS:${value}` : `IP Address:${printedAddress(value)}`;

const printedAddress = (address: string): string => {
  const host = parseHost(address);
  if (host?.kind !== "ip" || host.octets.length === 4) return address;
  const view = new DataView(Uint8Array.from(host.octets).buffer);
  return Array.from({ length: 8 }, (_, i) =>
    view
      .getUint16(2 * i)
      .toString(16)
      .toUpperCase(),
  ).join(":");
};

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

const expectOpensslReads = async (
  openssl: Libcrypto,
  der: Bytes,
  { ca, key, names }: CertificateOrder,
  plan: CertificatePlan,
): Promise<void> => {
  const read = await openssl.certificate(der, await exportKey("spki", ca.publicKey));
  const tbs = readTbs(plan.tbs);
  if (!tbs.ok) throw new Error(tbs.error);
  const flags = (read?.flags ?? 0) & Object.values(EXFLAG).reduce((bits, bit) => bits | bit);
  expect({ ...read, flags }).toEqual({
    verified: true,
    version: 3,
    serial: plan.serial,
    notBefore: plan.notBefore,
    notAfter: plan.notAfter,
    subject: base64(tbs.value.subject),
    issuer: base64(ca.subject),
    spki: base64(key.spki),
    flags: EXFLAG.bcons | EXFLAG.kusage | EXFLAG.xkusage,
    keyUsage: KU.digitalSignature | (keyFamily(key.type) === "rsa" ? KU.keyEncipherment : 0),
    extendedKeyUsage: XKU_SERVER_AND_CLIENT,
    subjectKeyIdentifier: createHash("sha1").update(key.subjectPublicKey).digest("base64"),
    authorityKeyIdentifier: base64(ca.keyIdentifier),
  });
  expect(new X509Certificate(der).subjectAltName).toBe(names.map(printed).join(", "));
};

const expectPeculiarReads = async (
  der: Bytes,
  { ca, key, host, names }: CertificateOrder,
  plan: CertificatePlan,
): Promise<void> => {
  const theirs = new oracle.X509Certificate(der);
  const dates = [theirs.notBefore.getTime() / 1000, theirs.notAfter.getTime() / 1000];
  expect([theirs.serialNumber.replace(/^00/, ""), ...dates]).toEqual([
    plan.serial,
    plan.notBefore,
    plan.notAfter,
  ]);
  const hasCommonName = host.length <= 64;
  expect(theirs.subjectName.getField("CN")).toEqual(hasCommonName ? [host] : []);
  expect(theirs.issuer).toBe(new oracle.X509Certificate(ca.certificate).subject);
  expect(equalBytes(new Uint8Array(theirs.publicKey.rawData), key.spki)).toBe(true);
  const sans = theirs.getExtension(oracle.SubjectAlternativeNameExtension);
  expect([sans?.critical, sans?.names.toJSON()]).toEqual([!hasCommonName, names]);
  expect(theirs.getExtension(oracle.SubjectKeyIdentifierExtension)?.keyId).toBe(
    createHash("sha1").update(key.subjectPublicKey).digest("hex"),
  );
  expect(theirs.getExtension(oracle.AuthorityKeyIdentifierExtension)?.keyId).toBe(toHex(ca.keyIdentifier));
  expect(theirs.getExtension(oracle.BasicConstraintsExtension)).toMatchObject({ ca: false, critical: true });
  const { digitalSignature, keyEncipherment } = oracle.KeyUsageFlags;
  expect(theirs.getExtension(oracle.KeyUsagesExtension)).toMatchObject({
    usages: keyFamily(key.type) === "rsa" ? digitalSignature | keyEncipherment : digitalSignature,
    critical: true,
  });
  const { serverAuth, clientAuth } = oracle.ExtendedKeyUsage;
  expect(theirs.getExtension(oracle.ExtendedKeyUsageExtension)?.usages).toEqual([serverAuth, clientAuth]);
  expect(await theirs.verify({ publicKey: ca.publicKey, signatureOnly: true })).toBe(true);
};

requireOrSkip("libcrypto", libcrypto)("every certificate that we write", () => {
  const keys = new Map<KeyAlgorithm, VerifiedKey>();
  let cas: ReadonlyMap<KeyAlgorithm, IssuingCa>;
  let openssl: Libcrypto;
  beforeAll(async () => {
    [cas, openssl] = [await makeLongLivedCas(), openLibcrypto()];
    for (const algorithm of KEY_ALGORITHMS) keys.set(algorithm, await makeVerifiedKey(algorithm));
  }, 60_000);
  afterAll(() => openssl.close());

  test("is to OpenSSL and to @peculiar/x509 what it was made of", async () => {
    await fc.assert(
      fc.asyncProperty(wishes, async ({ algorithm, keyAlgorithm, host, others, lifetime, now, serial }) => {
        const order: CertificateOrder = {
          ca: made(cas, algorithm),
          key: made(keys, keyAlgorithm),
          host,
          names: [hostName(host), ...others.filter(({ value }) => value !== host)],
          lifetime,
          now,
          random: () => serial,
        };
        const plan = await makePlan(order);
        const { der } = await signCertificate(plan.linted);
        await expectOpensslReads(openssl, der, order, plan);
        await expectPeculiarReads(der, order, plan);
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
