import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { OID } from "../../src/pki/der/oids.ts";
import { explicit, integer, oid, sequence, smallInteger } from "../../src/pki/der/writer.ts";
import { nameForeignDer } from "../../src/pki/foreign-object.ts";
import { readPem } from "../../src/pki/pem.ts";
import { describeCorpus, rootPem } from "./support/corpus.ts";

const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });

describe("DER of other objects is named", () => {
  test.each([
    ["PKCS#8", ec.privateKey.export({ type: "pkcs8", format: "der" }), "private key"],
    ["SEC1", ec.privateKey.export({ type: "sec1", format: "der" }), "private key"],
    ["PKCS#1", rsa.privateKey.export({ type: "pkcs1", format: "der" }), "private key"],
    ["a public key", ec.publicKey.export({ type: "spki", format: "der" }), "public key"],
    ["PKCS#7", sequence(oid("1.2.840.113549.1.7.2"), explicit(0, sequence())), "PKCS#7"],
    ["PKCS#12", sequence(smallInteger(3), sequence(oid("1.2.840.113549.1.7.1"))), "PKCS#12"],
  ])("%s", (_, der, name) => {
    expect(nameForeignDer(Uint8Array.from(der))).toContain(name);
  });

  test.each([
    ["an empty SEQUENCE", sequence()],
    ["a bare INTEGER", integer(Uint8Array.of(7))],
    ["a SEQUENCE of one SEQUENCE", sequence(sequence(oid(OID.commonName)))],
    ["octets that are not DER", Uint8Array.of(0x30, 0x80)],
  ])("%s has no name", (_, der) => {
    expect(nameForeignDer(der)).toBeNull();
  });
});

describeCorpus("a certificate", () => {
  test("is named", () => {
    const blocks = readPem(rootPem(), "blank");
    if (!blocks.ok || blocks.value[0] === undefined) throw new Error("the root is not PEM");
    expect(nameForeignDer(blocks.value[0].der)).toContain("certificate");
  });
});
