import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { signCrl, type CrlContent, type RevokedCertificate } from "../../src/pki/crl.ts";
import type { Bytes } from "../../src/pki/der/reader.ts";
import { smallInteger } from "../../src/pki/der/writer.ts";
import type { IssuingCa } from "../../src/pki/issuing-ca.ts";
import { REVOCATION_REASONS, type RevocationReason } from "../../src/pki/revocation-reason.ts";
import { libcrypto, openLibcrypto, type Libcrypto } from "../support/libcrypto.ts";
import { requireOrSkip } from "../support/requirements.ts";
import { CA_ALGORITHMS, dates, made, makeLongLivedCas } from "./support/long-lived-cas.ts";
import { oracle } from "./support/oracle.ts";
import { DAY } from "./support/order.ts";
import { exportKey, type KeyAlgorithm } from "./support/web-crypto.ts";

const REASONS = Object.keys(REVOCATION_REASONS) as readonly RevocationReason[];

/** Serials of every length that RFC 5280 §4.1.2.2 allows, with the sign bit and without. */
const revokedOf = (count: number, salt: number, around: number): readonly RevokedCertificate[] =>
  Array.from({ length: count }, (_, n) => {
    const digest = createHash("sha256").update(`${salt} ${n}`).digest();
    const [length = 0, by = 0, reason = 0] = digest.subarray(-3);
    return {
      serial: `${["01", "7f", "80", "ff"][n % 4] ?? ""}${digest.toString("hex", 0, length % 20)}`,
      revokedAt: around + by - 128,
      reason: REASONS[reason % REASONS.length] ?? "unspecified",
    };
  });

/** The library reads 10,000 elements and no more. */
const MOST_FOR_PECULIAR = 1_100;

const wishes = fc.record({
  algorithm: fc.constantFrom(...CA_ALGORITHMS),
  number: fc.oneof(fc.nat(70_000), fc.constantFrom(0, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1)),
  thisUpdate: dates,
  lasts: fc.integer({ min: 1, max: 30 * DAY }),
  count: fc.oneof(fc.nat(40), fc.constantFrom(0, 1, 2, 127, 128, 1024, 1025, 5000)),
  salt: fc.nat(),
});

const entriesOf = ({ revoked }: CrlContent): readonly unknown[] =>
  revoked.map(({ serial, revokedAt, reason }) => [serial, revokedAt, REVOCATION_REASONS[reason]]);

const expectOpensslReads = async (
  openssl: Libcrypto,
  der: Bytes,
  content: CrlContent,
  ca: IssuingCa,
): Promise<void> => {
  expect(await openssl.crl(der, await exportKey("spki", ca.publicKey))).toEqual({
    verified: true,
    version: 2,
    issuer: Buffer.from(ca.subject).toString("base64"),
    number: evenHex(content.number),
    thisUpdate: content.thisUpdate,
    nextUpdate: content.nextUpdate,
    revoked: entriesOf(content),
  });
};

/** As BN_bn2hex writes it. */
const evenHex = (number: number): string => {
  const digits = number.toString(16);
  return number === 0 || digits.length % 2 === 0 ? digits : `0${digits}`;
};

const expectPeculiarReads = async (der: Bytes, content: CrlContent, ca: IssuingCa): Promise<void> => {
  const theirs = new oracle.X509Crl(der);
  const seconds = (date: Date | undefined): number => (date?.getTime() ?? Number.NaN) / 1000;
  expect([theirs.version, seconds(theirs.thisUpdate), seconds(theirs.nextUpdate)]).toEqual([
    1,
    content.thisUpdate,
    content.nextUpdate,
  ]);
  const entries = theirs.entries.map(({ serialNumber, revocationDate, reason = null }) => [
    serialNumber.replace(/^00/, ""),
    seconds(revocationDate),
    reason,
  ]);
  expect(entries).toEqual(entriesOf(content));
  const number = theirs.extensions.find(({ type }) => type === "2.5.29.20");
  expect(new Uint8Array(number?.value ?? [])).toEqual(smallInteger(content.number));
  expect(await theirs.verify({ publicKey: ca.publicKey })).toBe(true);
};

requireOrSkip("libcrypto", libcrypto)("every CRL that we write", () => {
  let cas: ReadonlyMap<KeyAlgorithm, IssuingCa>;
  let openssl: Libcrypto;
  beforeAll(async () => {
    [cas, openssl] = [await makeLongLivedCas(), openLibcrypto()];
  }, 60_000);
  afterAll(() => openssl.close());

  test("is to OpenSSL and to @peculiar/x509 what it was made of", async () => {
    await fc.assert(
      fc.asyncProperty(wishes, async ({ algorithm, number, thisUpdate, lasts, count, salt }) => {
        const ca = made(cas, algorithm);
        const revoked = revokedOf(count, salt, thisUpdate);
        const content = { number, thisUpdate, nextUpdate: thisUpdate + lasts, revoked };
        const der = await signCrl(content, ca);
        await expectOpensslReads(openssl, der, content, ca);
        if (count <= MOST_FOR_PECULIAR) await expectPeculiarReads(der, content, ca);
      }),
      { numRuns: 20 },
    );
  }, 60_000);
});
