import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { fromBase64, utf8 } from "../../../src/bytes.ts";
import {
  looksLikeCms,
  readSignedContent,
  readSignedData,
  signerCertificate,
  verifySignedData,
} from "../../../src/pki/cms/signed-data.ts";
import { OID } from "../../../src/pki/der/oids.ts";
import type { Bytes } from "../../../src/pki/der/reader.ts";
import { contextConstructed } from "../../../src/pki/der/tags.ts";
import * as der from "../../../src/pki/der/writer.ts";
import { readPem } from "../../../src/pki/pem.ts";
import { acceptPublicKey } from "../../../src/pki/key-policy.ts";
import { sharedDir } from "../../support/shared.ts";
import { makeAuthority, NOW, type Authority } from "../support/authority.ts";
import { CONTENT, cmsAttribute, makeMessage, type MessageParts } from "../support/signed-message.ts";
import { makeRequest } from "../support/request.ts";
import { spkiOf } from "../support/web-crypto.ts";

let signer: Authority;
let stranger: Authority;
let twin: Authority;
beforeAll(async () => {
  [signer, stranger] = [await makeAuthority(), await makeAuthority()];
  twin = await makeAuthority({ name: signer.name, keyIdentifier: signer.keyIdentifier });
});

/** What a reader of renewals and of evidence does: read, find the signer's certificate, verify with its key. */
const outcomeOf = async (message: Bytes): Promise<string> => {
  const read = readSignedData(message);
  if (!read.ok) return read.error;
  const certificate = signerCertificate(read.value);
  if (!certificate.ok) return certificate.error;
  const key = acceptPublicKey(certificate.value.tbs.spki);
  if (!key.ok) return key.error.detail;
  const verified = await verifySignedData(read.value, key.value);
  return verified.ok ? "good" : verified.error;
};

const outcomeOfParts = async (parts: MessageParts): Promise<string> =>
  outcomeOf(await makeMessage(signer, parts));

describe("a signed message", () => {
  test("holds its content, its signer's certificate and its time", async () => {
    const read = readSignedData(await makeMessage(signer));
    if (!read.ok) throw new Error(read.error);
    expect(read.value.content).toEqual(CONTENT);
    expect(read.value.certificates).toEqual([signer.der]);
    expect(read.value.signer.attributes.signingTime).toBe(NOW);
    expect(await outcomeOf(await makeMessage(signer))).toBe("good");
  });
  test.each(["SHA-256", "SHA-384", "SHA-512"] as const)("may use %s", async (hash) => {
    expect(await outcomeOfParts({ hash })).toBe("good");
  });
  test("may name its signer by key identifier", async () => {
    expect(await outcomeOfParts({ identifier: "key-identifier", version: 3 })).toBe("good");
  });
  test("may hold further certificates, before and after its signer's", async () => {
    expect(await outcomeOfParts({ bag: [stranger.der, twin.der, signer.der, stranger.der] })).toBe("good");
  });
  test("may hold signed and unsigned attributes that mean nothing here", async () => {
    const capabilities = cmsAttribute("1.2.840.113549.1.9.15", der.sequence());
    const [moreAttributes, unsignedAttributes] = [[capabilities], capabilities];
    expect(await outcomeOfParts({ moreAttributes, unsignedAttributes })).toBe("good");
  });
  test("may have an empty content", async () => {
    expect(await outcomeOfParts({ content: utf8("") })).toBe("good");
  });
});

describe("refused is a message", () => {
  const attribute = (type: string, ...values: Uint8Array[]) => ({
    attributes: { [type]: cmsAttribute(type, ...values) },
  });
  const NOT_ONE = (name: string): string => `it has not exactly one signed ${name}`;
  const DIGEST = der.octetString(new Uint8Array(32));
  const LATER = der.time(NOW + 1);

  test.each<[string, MessageParts, string]>([
    ["with two signers", { signers: 2 }, "it has not exactly one signer"],
    ["without a signer", { signers: 0 }, "it has not exactly one signer"],
    [
      "without signed attributes",
      { bare: true },
      "it has no signed attributes, so no time and no content type",
    ],
    ["without a messageDigest", { attributes: { [OID.messageDigest]: null } }, NOT_ONE("messageDigest")],
    ["without a signingTime", { attributes: { [OID.signingTime]: null } }, NOT_ONE("signingTime")],
    ["without a contentType", { attributes: { [OID.contentType]: null } }, NOT_ONE("contentType")],
    [
      "with a second messageDigest",
      { moreAttributes: [cmsAttribute(OID.messageDigest, DIGEST)] },
      "a signed attribute is there twice",
    ],
    [
      "with a second signingTime",
      { moreAttributes: [cmsAttribute(OID.signingTime, LATER)] },
      "a signed attribute is there twice",
    ],
    [
      "with two values in its signingTime",
      attribute(OID.signingTime, der.time(NOW), LATER),
      NOT_ONE("signingTime"),
    ],
    ["with no value in its messageDigest", attribute(OID.messageDigest), NOT_ONE("messageDigest")],
    [
      "with a messageDigest of another type",
      attribute(OID.messageDigest, der.utf8String("x")),
      "its messageDigest is not an OCTET STRING",
    ],
    [
      "with a time of another form",
      attribute(OID.signingTime, der.element(0x17, utf8("2611221200Z"))),
      "a time is not in the form of RFC 5280",
    ],
    [
      "whose signed contentType is another",
      attribute(OID.contentType, der.oid(OID.signedData)),
      "its signed content type is not that of its content",
    ],
    [
      "whose content was exchanged",
      { digested: utf8("another content") },
      "its signed digest is not that of its content",
    ],
    [
      "whose digest is empty",
      attribute(OID.messageDigest, der.octetString(new Uint8Array())),
      "its signed digest is not that of its content",
    ],
    ["with SHA-1", { hash: "SHA-1" }, "its digest is not SHA-256, SHA-384 or SHA-512"],
    [
      "with MD5 announced",
      { digestOid: "1.2.840.113549.2.5" },
      "its digest is not SHA-256, SHA-384 or SHA-512",
    ],
    [
      "that announces another digest than it uses",
      { digestOid: OID.sha512 },
      "its signer uses another digest than it announces",
    ],
    [
      "whose signature names another hash",
      { signatureOid: OID.ecdsaWithSha512 },
      "its digest and its signature name different hashes",
    ],
    [
      "with HMAC where the signature belongs",
      { signatureOid: "1.2.840.113549.2.9" },
      "its signature is not ECDSA, RSA PKCS#1 v1.5 or Ed25519 with SHA-256 or better",
    ],
    [
      "whose ECDSA signature is said to be RSA",
      { signatureOid: OID.rsaEncryption },
      "its signature is not by the key of the signer's certificate",
    ],
    [
      "with an unsigned attribute that has no type",
      { unsignedAttributes: der.sequence(der.setOf(der.sequence())) },
      "a field has the wrong type",
    ],
    ["with detached content", { detached: true }, "its content is detached: sign with -nodetach"],
    ["of another content type", { contentType: OID.signedData }, "its content is not plain data"],
    ["that is not SignedData", { outerType: "1.2.840.113549.1.7.3" }, "it is not SignedData"],
    ["of version 4", { version: 4 }, "its version is not 1 or 3"],
    ["whose signer has version 3 and an issuer", { signerVersion: 3 }, "its signer has the wrong version"],
    [
      "whose signer has version 1 and a key identifier",
      { signerVersion: 1, identifier: "key-identifier" },
      "a field has the wrong type",
    ],
    ["without its signer's certificate", { bag: [] }, "it does not hold its signer's certificate"],
    [
      "with an attribute certificate",
      { bag: [der.element(contextConstructed(1))] },
      "a field has the wrong type",
    ],
  ])("%s", async (_, parts, defect) => {
    expect(await outcomeOfParts(parts)).toBe(defect);
  });
  test("that another key signed, or whose certificate has only the signer's name", async () => {
    const forged = "its signature is not by the key of the signer's certificate";
    expect(await outcomeOfParts({ forger: stranger })).toBe(forged);
    expect(await outcomeOfParts({ bag: [twin.der] })).toBe("it does not hold its signer's certificate");
    expect(await outcomeOfParts({ bag: [twin.der], identifier: "key-identifier", version: 3 })).toBe(forged);
  });
  test("that is changed in any one byte outside of the certificate", async () => {
    const message = await makeMessage(signer);
    const bag = Buffer.from(message).indexOf(signer.der);
    expect(bag).toBeGreaterThan(0);
    for (let at = 0; at < message.length; at++) {
      if (at >= bag && at < bag + signer.der.length) continue;
      const changed = message.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x01;
      expect([at, await outcomeOf(changed)]).not.toEqual([at, "good"]);
    }
  });
  test("with bytes after it", async () => {
    const message = await makeMessage(signer);
    expect(await outcomeOf(Uint8Array.from([...message, 0]))).toBe("bytes follow the end of the value");
  });
});

describe("signed content", () => {
  const outcomeOfContent = async (parts: MessageParts): Promise<string> => {
    const read = readSignedContent(await makeMessage(signer, parts));
    if (!read.ok) return read.error;
    const key = acceptPublicKey(await spkiOf(signer.pair));
    if (!key.ok) return key.error.detail;
    const verified = await verifySignedData(read.value, key.value);
    return verified.ok ? "good" : verified.error;
  };
  test("may do without signed attributes, or have them", async () => {
    expect(await outcomeOfContent({ bare: true })).toBe("good");
    expect(await outcomeOfContent({})).toBe("good");
  });
  test("is refused where another key signed it, or another content", async () => {
    const forged = "its signature is not by the key of the signer's certificate";
    expect(await outcomeOfContent({ bare: true, forger: stranger })).toBe(forged);
    expect(await outcomeOfContent({ digested: utf8("another content") })).toBe(
      "its signed digest is not that of its content",
    );
  });
  test("alone may call its digest by the signature's name", async () => {
    const digestOid = OID.sha256WithRsaEncryption;
    expect(await outcomeOfContent({ bare: true, digestOid })).toBe("good");
    expect(await outcomeOfParts({ digestOid })).toBe("its digest is not SHA-256, SHA-384 or SHA-512");
  });
});

describe("a look at the first bytes", () => {
  test("tells a CMS message, DER or BER, from a CSR and a certificate", async () => {
    const message = await makeMessage(signer);
    expect(looksLikeCms(message)).toBe(true);
    expect(looksLikeCms(Uint8Array.from([0x30, 0x80, ...der.oid(OID.signedData)]))).toBe(true);
    expect(looksLikeCms(await makeRequest(signer.pair))).toBe(false);
    expect(looksLikeCms(signer.der)).toBe(false);
    expect(looksLikeCms(new Uint8Array())).toBe(false);
  });
});

describe("what other writers make", () => {
  /** RSA by the key's own algorithm identifier, NULL parameters, SMIMECapabilities: `openssl cms` and `smime` with RSA. */
  test.skipIf(sharedDir === null)(
    "is read as well: an instance identity document in its PKCS7 block",
    async () => {
      const text = readFileSync(join(sharedDir ?? "", "data/iid/good/rsa2048"), "utf8");
      const blocks = readPem(text, "text");
      const message = blocks.ok ? blocks.value[0]?.der : fromBase64(text.replaceAll("\n", ""));
      if (message === undefined || message === null) throw new Error("this should be PEM or base64");
      expect(await outcomeOf(message)).toBe("good");
    },
  );
});
