import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes.ts";
import { extensionValue, readCertificate, verifySignedBy } from "../../src/pki/certificate.ts";
import { OID } from "../../src/pki/der/oids.ts";
import { decode, type Bytes } from "../../src/pki/der/reader.ts";
import { explicit, nullValue, oid, sequence, smallInteger } from "../../src/pki/der/writer.ts";
import { readGeneralNames, readKeyUsage } from "../../src/pki/extensions.ts";
import { acceptPublicKey } from "../../src/pki/key-policy.ts";
import { makeAuthority } from "./support/authority.ts";
import { oracle } from "./support/oracle.ts";

const root = await makeAuthority();
const fields = decode(root.der).children.map(({ raw }) => raw);
const tbsFields = decode(fields[0] ?? new Uint8Array()).children.map(({ raw }) => raw);

const sha384 = sequence(oid(OID.ecdsaWithSha384));

const withTbs = (...changed: readonly Bytes[]): Bytes => sequence(sequence(...changed), ...fields.slice(1));

describe("a certificate", () => {
  test("reads as @peculiar/x509 reads it", () => {
    const read = readCertificate(root.der);
    if (!read.ok) throw new Error(read.error);
    const theirs = new oracle.X509Certificate(root.der);
    const { tbs } = read.value;
    expect(toHex(tbs.serial).replace(/^00/, "")).toBe(theirs.serialNumber);
    expect(tbs.notBefore).toBe(theirs.notBefore.getTime() / 1000);
    expect(tbs.notAfter).toBe(theirs.notAfter.getTime() / 1000);
    expect(tbs.subject).toEqual(new Uint8Array(theirs.subjectName.toArrayBuffer()));
    expect(tbs.spki).toEqual(new Uint8Array(theirs.publicKey.rawData));
    expect(tbs.extensions.map(({ id, critical }) => [id, critical])).toEqual(
      theirs.extensions.map(({ type, critical }) => [type, critical]),
    );
    expect(extensionValue(tbs, OID.keyUsage, readKeyUsage)).toEqual(["keyCertSign", "cRLSign"]);
    expect(extensionValue(tbs, OID.subjectAltName, readGeneralNames)).toBeNull();
  });

  test("verifies under the key that signed it and under no other", async () => {
    const read = readCertificate(root.der);
    const [own, other] = [root, await makeAuthority()].map(({ der }) => {
      const certificate = readCertificate(der);
      const key = certificate.ok ? acceptPublicKey(certificate.value.tbs.spki) : null;
      if (key?.ok !== true) throw new Error("the key should be accepted");
      return key.value;
    });
    if (!read.ok || own === undefined || other === undefined) throw new Error("two keys were expected");
    expect(await verifySignedBy(read.value, own)).toBe(true);
    expect(await verifySignedBy(read.value, other)).toBe(false);
  });

  test("of version 1 has no extensions", async () => {
    const { der } = await makeAuthority({ version: 1 });
    expect(readCertificate(der)).toMatchObject({ ok: true, value: { tbs: { version: 1, extensions: [] } } });
  });

  test("with an unknown signature algorithm reads, and verifies under nothing", async () => {
    const { der } = await makeAuthority({ signatureOid: "1.2.840.113549.1.1.10" });
    expect(readCertificate(der)).toMatchObject({ ok: true, value: { algorithm: null } });
  });
});

describe("what is no certificate", () => {
  test.each([
    ["nothing", new Uint8Array()],
    ["its to-be-signed part alone", fields[0] ?? new Uint8Array()],
    ["bytes after it", Uint8Array.of(...root.der, 0)],
    ["a fourth field", sequence(...fields, nullValue())],
    ["no signature", sequence(...fields.slice(0, 2))],
    [
      "another signature algorithm outside than inside",
      sequence(fields[0] ?? nullValue(), sha384, ...fields.slice(2)),
    ],
    ["version 4", withTbs(explicit(0, smallInteger(3)), ...tbsFields.slice(1))],
    ["version 1 written out", withTbs(explicit(0, smallInteger(0)), ...tbsFields.slice(1))],
    ["two versions", withTbs(explicit(0, smallInteger(2), smallInteger(2)), ...tbsFields.slice(1))],
    [
      "three times in its validity",
      withTbs(
        ...tbsFields.map((raw, i) =>
          i === 4 ? sequence(...decode(raw).children.map((time) => time.raw), nullValue()) : raw,
        ),
      ),
    ],
    ["a field after the extensions", withTbs(...tbsFields, nullValue())],
    [
      "an issuer unique identifier",
      withTbs(...tbsFields.slice(0, 7), Uint8Array.of(0x81, 1, 0), ...tbsFields.slice(7)),
    ],
  ])("%s", (_, der) => {
    expect(readCertificate(der).ok).toBe(false);
  });
});
