import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sha256Hex, utf8 } from "../../src/bytes.ts";
import { verifyCsr, type CsrExpectation } from "../../src/pki/csr.ts";
import { OID } from "../../src/pki/der/oids.ts";
import { decode, type Bytes } from "../../src/pki/der/reader.ts";
import { TAG } from "../../src/pki/der/tags.ts";
import {
  bitString,
  booleanTrue,
  element,
  explicit,
  integer,
  namedBits,
  nullValue,
  octetString,
  oid,
  sequence,
  setOf,
  smallInteger,
  utf8String,
} from "../../src/pki/der/writer.ts";
import type { GeneralName } from "../../src/pki/general-name.ts";
import {
  attribute,
  commonName,
  dnsNames,
  HOST,
  ipNames,
  makeRequest,
  requestedExtension,
  signRequest,
  type RequestParts,
} from "./support/request.ts";
import { exportKey, makeKeyPair, spkiOf } from "./support/web-crypto.ts";

const pair = await makeKeyPair();
const spkiSha256 = await sha256Hex(await spkiOf(pair));

const dns = (value: string): GeneralName => ({ type: "dns", value });
const ip = (value: string): GeneralName => ({ type: "ip", value });

const EXPECTED: CsrExpectation = {
  host: HOST,
  names: [dns(HOST), dns("rabbit.svc.example.internal"), ip("10.20.0.12"), ip("fd00:20::12")],
  keys: new Set(["ec-p256", "rsa-2048"]),
  blockedKeys: new Set(),
  caSpkiSha256: "00",
};

const verdict = async (csr: Bytes, expected: CsrExpectation = EXPECTED): Promise<string> => {
  const judged = await verifyCsr(csr, expected);
  return judged.ok ? "accepted" : judged.error.code;
};

const verdictOn = async (parts: RequestParts): Promise<string> => verdict(await makeRequest(pair, parts));

const FD00_20_12 = [0xfd, 0, 0, 0x20, ...Array<number>(11).fill(0), 0x12];

describe("a request within its grant", () => {
  test("gives its key and nothing else", async () => {
    const judged = await verifyCsr(await makeRequest(pair, { extensions: [dnsNames(HOST)] }), EXPECTED);
    const spki = await spkiOf(pair);
    expect(judged).toEqual({
      ok: true,
      value: { type: "ec-p256", spki, subjectPublicKey: spki.subarray(-65), spkiSha256 },
    });
  });

  test("leaves no view of the request in the key", async () => {
    const csr = await makeRequest(pair);
    const judged = await verifyCsr(csr, EXPECTED);
    expect(judged.ok && judged.value.spki.buffer !== csr.buffer).toBe(true);
    expect(judged.ok && judged.value.subjectPublicKey.buffer !== csr.buffer).toBe(true);
  });

  test.each<[string, RequestParts]>([
    ["no subject", { subject: sequence() }],
    [
      "a CN as PrintableString",
      { subject: sequence(setOf(sequence(oid(OID.commonName), element(TAG.printableString, utf8(HOST))))) },
    ],
    ["no attributes", { attributes: [] }],
    ["an empty extensionRequest", { extensions: [] }],
    ["all its names", { extensions: [requestedExtension(OID.subjectAltName, sequence(...allNames()))] }],
    ["an IPv4 address", { extensions: [ipNames([10, 20, 0, 12])] }],
    ["an IPv6 address", { extensions: [ipNames(FD00_20_12)] }],
    ["CA:FALSE", { extensions: [requestedExtension(OID.basicConstraints, sequence(), true)] }],
    ["digitalSignature", { extensions: [requestedExtension(OID.keyUsage, namedBits(0), true)] }],
    [
      "serverAuth alone",
      { extensions: [requestedExtension(OID.extKeyUsage, sequence(oid(OID.serverAuth)))] },
    ],
    [
      "a subject key identifier",
      { extensions: [requestedExtension(OID.subjectKeyIdentifier, octetString(new Uint8Array(20)))] },
    ],
    ["a challengePassword", { attributes: [attribute(OID.challengePassword, utf8String("secret"))] }],
    ["an unstructuredName", { attributes: [attribute(OID.unstructuredName, utf8String("Example"))] }],
  ])("%s is accepted", async (_, parts) => {
    expect(await verdictOn(parts)).toBe("accepted");
  });
});

describe("a request for another name", () => {
  test.each<[string, RequestParts]>([
    ["another CN", { subject: commonName("node-02.nodes.example.internal") }],
    ["its CN in upper case", { subject: commonName(HOST.toUpperCase()) }],
    ["its CN with a trailing dot", { subject: commonName(`${HOST}.`) }],
    ["its CN twice", { subject: sequence(...twice(setOf(sequence(oid(OID.commonName), utf8String(HOST))))) }],
    ["an O beside the CN", { subject: sequence(rdn(OID.commonName, HOST), rdn("2.5.4.10", "Example")) }],
    [
      "an O in the CN's RDN",
      { subject: sequence(setOf(ava(OID.commonName, HOST), ava("2.5.4.10", "Example"))) },
    ],
    ["its host as O", { subject: sequence(rdn("2.5.4.10", HOST)) }],
    [
      "a CN as IA5String",
      { subject: sequence(setOf(sequence(oid(OID.commonName), element(TAG.ia5String, utf8(HOST))))) },
    ],
    ["another name", { extensions: [dnsNames("node-02.nodes.example.internal")] }],
    ["another name after its own", { extensions: [dnsNames(HOST, "node-02.nodes.example.internal")] }],
    ["its own name in upper case", { extensions: [dnsNames(HOST.toUpperCase())] }],
    ["another address", { extensions: [ipNames([10, 20, 0, 13])] }],
    [
      "its address as IPv4-mapped IPv6",
      { extensions: [ipNames([...Array<number>(10).fill(0), 0xff, 0xff, 10, 20, 0, 12])] },
    ],
    ["its address with a mask", { extensions: [ipNames([10, 20, 0, 12, 255, 255, 255, 255])] }],
    ["its address as a dNSName that it is not granted", { extensions: [dnsNames("10.20.0.12")] }],
    [
      "its name as an rfc822Name",
      { extensions: [requestedExtension(OID.subjectAltName, sequence(element(0x81, utf8(HOST))))] },
    ],
    [
      "its name as a URI",
      { extensions: [requestedExtension(OID.subjectAltName, sequence(element(0x86, utf8(HOST))))] },
    ],
    ["its own name 17 times", { extensions: [dnsNames(...Array<string>(17).fill(HOST))] }],
  ])("%s is refused", async (_, parts) => {
    expect(await verdictOn(parts)).toBe("name-not-allowed");
  });

  test("in any position among names that are granted is refused", async () => {
    for (let bad = 0; bad < 16; bad++) {
      const names = Array.from({ length: 16 }, (_, i) =>
        i === bad ? "node-02.nodes.example.internal" : HOST,
      );
      expect(await verdictOn({ extensions: [dnsNames(...names)] })).toBe("name-not-allowed");
    }
  });
});

describe("a request for a wider certificate", () => {
  test.each<[string, RequestParts]>([
    ["CA:TRUE", { extensions: [requestedExtension(OID.basicConstraints, sequence(booleanTrue()))] }],
    ["a path length", { extensions: [requestedExtension(OID.basicConstraints, sequence(smallInteger(0)))] }],
    [
      "CA:FALSE written out",
      { extensions: [requestedExtension(OID.basicConstraints, sequence(Uint8Array.of(1, 1, 0)))] },
    ],
    ["keyCertSign", { extensions: [requestedExtension(OID.keyUsage, namedBits(0, 5))] }],
    ["keyEncipherment for an EC key", { extensions: [requestedExtension(OID.keyUsage, namedBits(0, 2))] }],
    ["no key usage at all", { extensions: [requestedExtension(OID.keyUsage, Uint8Array.of(3, 1, 0))] }],
    [
      "a tenth key usage",
      { extensions: [requestedExtension(OID.keyUsage, Uint8Array.of(3, 3, 6, 0x80, 0x40))] },
    ],
    ["any purpose", { extensions: [requestedExtension(OID.extKeyUsage, sequence(oid("2.5.29.37.0")))] }],
    [
      "codeSigning beside serverAuth",
      {
        extensions: [
          requestedExtension(OID.extKeyUsage, sequence(oid(OID.serverAuth), oid("1.3.6.1.5.5.7.3.3"))),
        ],
      },
    ],
    ["no purpose", { extensions: [requestedExtension(OID.extKeyUsage, sequence())] }],
    [
      "a purpose twice",
      {
        extensions: [requestedExtension(OID.extKeyUsage, sequence(oid(OID.serverAuth), oid(OID.serverAuth)))],
      },
    ],
    ["name constraints", { extensions: [requestedExtension(OID.nameConstraints, sequence())] }],
    [
      "an authority key identifier",
      { extensions: [requestedExtension(OID.authorityKeyIdentifier, sequence())] },
    ],
    ["an unknown extension", { extensions: [requestedExtension("1.3.6.1.4.1.99999.1", nullValue())] }],
    ["an extension twice", { extensions: twice(dnsNames(HOST)) }],
    ["a SAN without names", { extensions: [requestedExtension(OID.subjectAltName, sequence())] }],
    [
      "a SAN with bytes after it",
      { extensions: [requestedExtension(OID.subjectAltName, Uint8Array.of(0x30, 0, 0))] },
    ],
    [
      "a subject key identifier that is no OCTET STRING",
      { extensions: [requestedExtension(OID.subjectKeyIdentifier, nullValue())] },
    ],
    [
      "critical FALSE written out",
      { extensions: [sequence(oid(OID.basicConstraints), Uint8Array.of(1, 1, 0), octetString(sequence()))] },
    ],
    ["an unknown attribute", { attributes: [attribute("1.3.6.1.4.1.99999.2", nullValue())] }],
    [
      "Microsoft's CERT_EXTENSIONS",
      { attributes: [attribute("1.3.6.1.4.1.311.2.1.14", sequence(dnsNames(HOST)))] },
    ],
    ["an extensionRequest without a value", { attributes: [attribute(OID.extensionRequest)] }],
    [
      "an extensionRequest with two values",
      { attributes: [attribute(OID.extensionRequest, sequence(), sequence(dnsNames(HOST)))] },
    ],
    [
      "two extensionRequests",
      {
        attributes: [
          attribute(OID.extensionRequest, sequence()),
          attribute(OID.extensionRequest, sequence(dnsNames(HOST))),
        ],
      },
    ],
    [
      "an attribute after a smaller one",
      {
        attributes: [
          attribute(OID.unstructuredName, utf8String("Example")),
          attribute(OID.challengePassword, utf8String("a")),
        ],
      },
    ],
  ])("%s is refused", async (_, parts) => {
    expect(await verdictOn(parts)).toBe("malformed-csr");
  });
});

describe("a request that is not PKCS#10", () => {
  test.each<[string, (info: Bytes) => Bytes | Promise<Bytes>]>([
    ["its info alone", (info) => info],
    [
      "no attributes field",
      (info) =>
        signRequest(
          pair,
          sequence(
            ...decode(info)
              .children.slice(0, 3)
              .map(({ raw }) => raw),
          ),
        ),
    ],
    [
      "a second attributes field",
      (info) => signRequest(pair, sequence(...decode(info).children.map(({ raw }) => raw), explicit(0))),
    ],
    [
      "version 2",
      (info) =>
        signRequest(
          pair,
          sequence(
            smallInteger(1),
            ...decode(info)
              .children.slice(1)
              .map(({ raw }) => raw),
          ),
        ),
    ],
    ["an empty RDN", async () => makeRequest(pair, { subject: sequence(setOf()) })],
    [
      "a fourth field",
      async (info) =>
        sequence(...decode(await signRequest(pair, info)).children.map(({ raw }) => raw), nullValue()),
    ],
    [
      "a signature with unused bits",
      (info) => sequence(info, sequence(oid(OID.ecdsaWithSha256)), Uint8Array.of(3, 2, 1, 0xfe)),
    ],
    ["a private key", () => exportKey("pkcs8", pair.privateKey)],
  ])("%s is refused", async (_, change) => {
    const [info] = decode(await makeRequest(pair)).children;
    if (info === undefined) throw new Error("a request has an info");
    expect(await verdict(await change(info.raw))).toBe("malformed-csr");
  });

  test("which object it is instead is said", async () => {
    const judged = await verifyCsr(await spkiOf(pair), EXPECTED);
    expect(judged.ok ? "accepted" : judged.error.detail).toContain("public key");
  });
});

describe("proof of possession", () => {
  test("of another key is none", async () => {
    const other = await makeKeyPair();
    expect(await verdict(await makeRequest(other, { spki: await spkiOf(pair) }))).toBe(
      "csr-signature-invalid",
    );
  });

  test.each([
    ["ECDSA with SHA-1", sequence(oid("1.2.840.10045.4.1"))],
    ["ECDSA with SHA-224", sequence(oid("1.2.840.10045.4.3.1"))],
    ["another hash than was signed with", sequence(oid(OID.ecdsaWithSha384))],
    ["an RSA algorithm for an EC key", sequence(oid(OID.sha256WithRsaEncryption), nullValue())],
    ["Ed25519 for an EC key", sequence(oid(OID.ed25519))],
  ])("under %s is none", async (_, algorithm) => {
    const [info, , signature] = decode(await makeRequest(pair)).children.map(({ raw }) => raw);
    if (info === undefined || signature === undefined) throw new Error("a request has three fields");
    expect(await verdict(sequence(info, algorithm, signature))).toBe("csr-signature-invalid");
  });

  test("with parameters that ECDSA does not have is refused", async () => {
    const [info, , signature] = decode(await makeRequest(pair)).children.map(({ raw }) => raw);
    if (info === undefined || signature === undefined) throw new Error("a request has three fields");
    const algorithm = sequence(oid(OID.ecdsaWithSha256), nullValue());
    expect(await verdict(sequence(info, algorithm, signature))).toBe("malformed-csr");
  });

  test("is over the raw bytes: one changed bit anywhere in the signature ends it", async () => {
    const csr = await makeRequest(pair);
    const bits = fc.tuple(fc.integer({ min: csr.length - 60, max: csr.length - 1 }), fc.nat(7));
    await fc.assert(
      fc.asyncProperty(bits, async ([at, bit]) => {
        const changed = csr.map((octet, i) => (i === at ? octet ^ (1 << bit) : octet));
        expect(await verdict(changed)).not.toBe("accepted");
      }),
    );
  });
});

describe("keys that nobody may have a certificate for", () => {
  test("the CA's own", async () => {
    expect(await verdict(await makeRequest(pair), { ...EXPECTED, caSpkiSha256: spkiSha256 })).toBe(
      "weak-key",
    );
  });

  test("a blocked one", async () => {
    expect(await verdict(await makeRequest(pair), { ...EXPECTED, blockedKeys: new Set([spkiSha256]) })).toBe(
      "weak-key",
    );
  });

  test("one of a type that the cluster does not take", async () => {
    const p384 = await makeKeyPair("P-384");
    expect(await verdict(await makeRequest(p384))).toBe("key-type-not-allowed");
    const ed25519 = sequence(sequence(oid(OID.ed25519)), bitString(new Uint8Array(32).fill(9)));
    expect(await verdictOn({ spki: ed25519 })).toBe("key-type-not-allowed");
  });

  test("one off its curve, before WebCrypto sees it", async () => {
    const off = sequence(
      sequence(oid(OID.ecPublicKey), oid(OID.prime256v1)),
      bitString(new Uint8Array(65).fill(4)),
    );
    expect(await verdictOn({ spki: off })).toBe("weak-key");
    expect(await verdictOn({ spki: sequence(integer(Uint8Array.of(1))) })).toBe("malformed-csr");
  });
});

test("no refusal repeats what the request says", async () => {
  const canary = "c4n4ry";
  const parts: readonly RequestParts[] = [
    { subject: commonName(canary) },
    { extensions: [dnsNames(canary)] },
    { extensions: [requestedExtension("1.2.3.4", utf8String(canary))] },
    { attributes: [attribute("1.2.3.4", utf8String(canary))] },
  ];
  for (const part of parts) {
    expect(JSON.stringify(await verifyCsr(await makeRequest(pair, part), EXPECTED))).not.toContain(canary);
  }
});

function ava(type: string, text: string): Bytes {
  return sequence(oid(type), utf8String(text));
}

function rdn(type: string, text: string): Bytes {
  return setOf(ava(type, text));
}

function twice(bytes: Bytes): readonly Bytes[] {
  return [bytes, bytes];
}

function allNames(): readonly Bytes[] {
  return [
    element(0x82, utf8(HOST)),
    element(0x82, utf8("rabbit.svc.example.internal")),
    element(0x87, Uint8Array.of(10, 20, 0, 12)),
    element(0x87, Uint8Array.from([0xfd, 0, 0, 0x20, ...Array<number>(11).fill(0), 0x12])),
  ];
}
