import { sha256, concatBytes, utf8 } from "../../src/bytes.ts";
import { OID } from "../../src/pki/der/oids.ts";
import type { Bytes } from "../../src/pki/der/reader.ts";
import * as der from "../../src/pki/der/writer.ts";
import {
  base64,
  members,
  message,
  octets,
  openssl,
  parts,
  written,
  type AttestedCase,
} from "./attested-cases.ts";
import { attestedDocument, azureTime, makeHolder, signatureBy, VM } from "./attested-document.ts";

/** What pretends to be an attested document of Azure. Each historic bug has its case, by its name. */

const CSR_OF_ANOTHER = Uint8Array.of(0x30, 0x00);

const UNANCHORED: readonly AttestedCase[] = [
  parts("whose signer signed itself (unanchored issuer)", async ({ now }) => ({
    signer: await makeHolder({ hosts: ["metadata.azure.com"], now }),
  })),
  parts("whose signer a CA of the same name issued (unanchored issuer)", async ({ stranger, leafOf }) => ({
    signer: await leafOf(["metadata.azure.com"], { issuer: stranger }),
  })),
  parts("that brings the CA which issued its signer (unanchored issuer)", async ({ stranger, leafOf }) => {
    const signer = await leafOf(["metadata.azure.com"], { issuer: stranger });
    return { signer, bag: [signer, stranger] };
  }),
  parts("whose signer another customer of the CA issued (basicConstraints)", async ({ leafOf }) => {
    const customer = await leafOf(["customer.example"]);
    const signer = await leafOf(["metadata.azure.com"], { issuer: customer });
    return { signer, bag: [signer, customer] };
  }),
  parts("whose CA has ended, although it is pinned", async ({ ended, leafOf }) => ({
    signer: await leafOf(["metadata.azure.com"], { issuer: ended }),
  })),
  parts("that the CA itself signed", ({ ca }) => ({ signer: ca })),
];

const WRONG_SIGNER: readonly AttestedCase[] = [
  parts(
    "with a good certificate first, and another that signed (first certificate not the signer)",
    async (pki) => {
      const signer = await pki.leafOf(["metadata.azure.com"], { issuer: pki.stranger });
      return { signer, bag: [pki.leaf, signer] };
    },
  ),
  parts("that names the good certificate, and another key signed", ({ stranger }) => ({ forger: stranger })),
  parts("with two signers", () => ({ signers: 2 })),
  parts("without a signer", () => ({ signers: 0 })),
  parts("without its signer's certificate", ({ ca }) => ({ bag: [ca] })),
  parts("without any certificate", () => ({ bag: [] })),
  ...[
    ["a look-alike domain: a suffix is not a label", "evilmetadata.azure.com"],
    ["a look-alike domain: it is a prefix", "metadata.azure.com.evil.example"],
    ["a look-alike domain: behind a NUL", "evil.example\0.metadata.azure.com"],
    ["the domain above", "azure.com"],
    ["every name of the domain above", "*.azure.com"],
    ["another cloud (metadata.azure.us)", "metadata.azure.us"],
  ].map(([name = "", host = ""]) =>
    parts(`whose signer is of ${name}`, async (pki) => ({ signer: await pki.leafOf([host]) })),
  ),
  parts("whose signer has the name in its subject alone (wrong SAN)", async (pki) => ({
    signer: await pki.leafOf(["customer.azurewebsites.net"]),
  })),
  parts("whose signer has no subjectAltName", async (pki) => ({ signer: await pki.leafOf([]) })),
  parts("whose signer's certificate has ended", async (pki) => ({
    signer: await pki.leafOf(["metadata.azure.com"], { ends: -1 }),
  })),
  parts("whose signer's certificate has not begun", async (pki) => ({
    signer: await pki.leafOf(["metadata.azure.com"], { begins: 60 }),
  })),
];

const CHANGED: readonly AttestedCase[] = [
  parts("whose content is not what was signed (content differing)", async ({ now }, content) => ({
    content: content.replace(VM, VM.replace("02", "03")),
    signed: utf8(content),
    now,
  })),
  parts("with the signature of another document (replayed signature)", async ({ leaf, now }) => ({
    signature: await signatureBy(leaf, utf8(await attestedDocument(CSR_OF_ANOTHER, now))),
  })),
  parts("with an empty signature", () => ({ signature: new Uint8Array() })),
  parts("with a signature of zeros", () => ({ signature: new Uint8Array(256) })),
  parts(
    "whose content is a SET of attributes that was signed elsewhere (attributes as content)",
    async (_, content) => {
      const attribute = (type: string, value: Bytes): Bytes => der.sequence(der.oid(type), der.setOf(value));
      const digest = der.octetString(await sha256(utf8(content)));
      return {
        content: der.setOf(
          attribute(OID.contentType, der.oid(OID.data)),
          attribute(OID.messageDigest, digest),
          attribute(OID.signingTime, der.time(0)),
        ),
      };
    },
  ),
  parts("with SHA-1", () => ({ digest: "1.3.14.3.2.26" })),
  parts("with the digest called by SHA-512's signature", () => ({ digest: OID.sha512WithRsaEncryption })),
  openssl("without its content", ["-nodetach", "-nocerts"], "credential-invalid"),
];

/** BER lets one value be written in many ways; each of these is one that some reader takes and another does not. */
const ENCODINGS: readonly AttestedCase[] = [
  octets("with bytes after its end (trailing data)", (good) => concatBytes(good, Uint8Array.of(0))),
  octets("that is there twice", (good) => concatBytes(good, good)),
  octets("that is cut off", (good) => good.subarray(0, -1)),
  octets("with an indefinite length that nothing ends", (good) =>
    concatBytes(good.subarray(0, 1), Uint8Array.of(0x80), good.subarray(4)),
  ),
  octets("in a wrapper of its own", (good) => der.sequence(good)),
  octets("of 10,000 openings (BER bomb)", () =>
    Uint8Array.from({ length: 10_000 }, (_, n) => (n % 2 === 0 ? 0x30 : 0x80)),
  ),
  octets("of nothing", () => new Uint8Array()),
  octets("of nothing but NULs", () => new Uint8Array(64)),
  { name: "that is no base64", expected: "credential-invalid", make: async () => "%%%" },
  {
    name: "that is PEM",
    expected: "credential-invalid",
    make: async (pki, csr) =>
      `-----BEGIN PKCS7-----\n${base64(await message(pki, csr, () => ({})))}\n-----END PKCS7-----\n`,
  },
  {
    name: "of more than 16 KiB",
    expected: "credential-invalid",
    make: async () => base64(new Uint8Array(16 * 1024 + 1)),
  },
];

const DOCUMENTS: readonly AttestedCase[] = [
  parts("for another CSR (nonce of another CSR)", async ({ now }) => ({
    content: await attestedDocument(CSR_OF_ANOTHER, now),
  })),
  members("without a nonce", () => ({ nonce: undefined })),
  members("with the time that the service takes for a nonce where it is given none", () => ({
    nonce: "20261122-120000",
  })),
  members("with a nonce that only begins so", (_, nonce) => ({ nonce: `${nonce}A` })),
  members("with a nonce that is cut off", (_, nonce) => ({ nonce: nonce.slice(0, -1) })),
  members("with a nonce in small letters", (_, nonce) => ({ nonce: nonce.toLowerCase() })),
  members("with a list of nonces", (_, nonce) => ({ nonce: [nonce] })),
  members("of another subscription (CVE-2025-3879)", () => ({
    subscriptionId: "00000000-8125-4ba9-a717-bf7490507b3d",
  })),
  members("of no subscription (CVE-2025-3879)", () => ({ subscriptionId: "" })),
  members("with a vmId that is a path", () => ({ vmId: "../x" })),
  members("with a vmId that is a node's name", () => ({ vmId: "rabbit@mq-1" })),
  members("without a vmId", () => ({ vmId: undefined })),
  members(
    "that has ended",
    ({ now }) => ({ timeStamp: { expiresOn: azureTime(now) } }),
    "credential-expired",
  ),
  members("without an end", () => ({ timeStamp: {} })),
  members("with an end of no day", () => ({ timeStamp: { expiresOn: "13/45/26 17:00:00 -0000" } })),
  members("with an end in another zone", () => ({ timeStamp: { expiresOn: "11/22/36 17:00:00 +0100" } })),
  written("with a member twice (duplicate members)", (json) => json.replace("{", `{"vmId":"${VM}",`)),
  written("with a member twice, once escaped (duplicate members)", (json) =>
    json.replace("{", `{"vm\\u0049d":"${VM}",`),
  ),
  written("that is a list", (json) => `[${json}]`),
  written("with something after it", (json) => `${json}{}`),
  written("in UTF-16", (json) => Uint8Array.from(Buffer.from(json, "utf16le"))),
  written("that is no JSON", () => "vmId=02aab8a4"),
  written("that is empty", () => ""),
];

export const REFUSED: readonly AttestedCase[] = [
  ...UNANCHORED,
  ...WRONG_SIGNER,
  ...CHANGED,
  ...ENCODINGS,
  ...DOCUMENTS,
];
