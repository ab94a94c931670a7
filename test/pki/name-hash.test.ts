import { describe, expect, it } from "vitest";
import { utf8 } from "../../src/bytes.ts";
import { signCrl } from "../../src/pki/crl.ts";
import type { Bytes } from "../../src/pki/der/reader.ts";
import { TAG } from "../../src/pki/der/tags.ts";
import { element, oid, sequence, setOf } from "../../src/pki/der/writer.ts";
import { nameHash } from "../../src/pki/name-hash.ts";
import { writePem } from "../../src/pki/pem.ts";
import { describeOpenssl } from "../support/openssl.ts";
import { run } from "../support/process.ts";
import { makeIssuingCa, NOW } from "./support/authority.ts";

const CN = "2.5.4.3";
const O = "2.5.4.10";
const attribute = (type: string, tag: number, content: Uint8Array): Bytes =>
  sequence(oid(type), element(tag, content));
const name = (...rdns: readonly (readonly Bytes[])[]): Bytes =>
  sequence(...rdns.map((attributes) => setOf(...attributes)));
const utf16 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "utf16le").swap16());
const utf32 = (text: string): Uint8Array =>
  Uint8Array.from(text.split("").flatMap((letter) => [0, 0, 0, letter.charCodeAt(0)]));

const NAMES: readonly (readonly [what: string, name: Bytes])[] = [
  ["one common name", name([attribute(CN, TAG.utf8String, utf8("mq issuing CA"))])],
  [
    "several attributes",
    name(
      [attribute("2.5.4.6", TAG.printableString, utf8("DE"))],
      [attribute(O, TAG.utf8String, utf8("Example, Inc."))],
      [attribute(CN, TAG.printableString, utf8("Issuing CA 1"))],
    ),
  ],
  ["blanks and capitals", name([attribute(CN, TAG.utf8String, utf8(" \t ISSUING \n\v  ca\f\r "))])],
  ["only blanks", name([attribute(CN, TAG.utf8String, utf8("   "))])],
  ["letters beyond ASCII", name([attribute(CN, TAG.utf8String, utf8("ÄRGER  Straße Ж 鍵"))])],
  ["a BMPString", name([attribute(CN, TAG.bmpString, utf16("Ärger CA Ж"))])],
  ["a UniversalString", name([attribute(CN, TAG.universalString, utf32("Ärger CA"))])],
  [
    "a TeletexString",
    name([attribute(CN, TAG.teletexString, Uint8Array.from([0xc4, 0x72, 0x20, 0x20, 0x41]))]),
  ],
  ["an IA5String", name([attribute("0.9.2342.19200300.100.1.25", TAG.ia5String, utf8("Example"))])],
  [
    "two attributes in one RDN, whose order the canonical form decides",
    name([attribute(CN, TAG.utf8String, utf8("b")), attribute(O, TAG.utf8String, utf8("A"))]),
  ],
  [
    "an attribute that is no text",
    name(
      [attribute("2.5.4.45", TAG.bitString, Uint8Array.of(0, 0xaa))],
      [attribute(CN, TAG.utf8String, utf8("X"))],
    ),
  ],
];

describeOpenssl("the hash of an issuer's name is that of openssl crl -hash:", () => {
  it.each(NAMES)("%s", async (_what, subject) => {
    const ca = await makeIssuingCa({ name: subject });
    const crl = await signCrl({ number: 1, thisUpdate: NOW, nextUpdate: NOW + 60, revoked: [] }, ca);
    const theirs = await run(["openssl", "crl", "-hash", "-noout"], { stdin: writePem("X509 CRL", crl) });
    expect(await nameHash(ca.subject)).toBe(theirs.trim());
  });
});

describe("the hash of a name", () => {
  it("does not depend on case, blanks or the string's type", async () => {
    const plain = await nameHash(name([attribute(CN, TAG.utf8String, utf8("issuing ca"))]));
    expect(plain).toMatch(/^[0-9a-f]{8}$/);
    expect(await nameHash(name([attribute(CN, TAG.printableString, utf8(" Issuing  CA "))]))).toBe(plain);
    expect(await nameHash(name([attribute(O, TAG.utf8String, utf8("issuing ca"))]))).not.toBe(plain);
  });
  it("is none where the name is malformed", async () => {
    expect(await nameHash(name([attribute(CN, TAG.utf8String, Uint8Array.of(0xff))]))).toBeNull();
    expect(await nameHash(name([attribute(CN, TAG.bmpString, Uint8Array.of(0x41))]))).toBeNull();
    expect(await nameHash(sequence(setOf(sequence(oid(CN)))))).toBeNull();
  });
});
