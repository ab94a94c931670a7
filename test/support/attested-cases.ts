import { readFileSync } from "node:fs";
import { nonceOf } from "../../src/auth/azure-imds/document.ts";
import { sha256 } from "../../src/bytes.ts";
import { OID } from "../../src/pki/der/oids.ts";
import type { Bytes } from "../../src/pki/der/reader.ts";
import {
  attestedDocument,
  makeHolder,
  signAttested,
  VM,
  type AttestedParts,
  type Holder,
} from "./attested-document.ts";
import { exportPrivateKey } from "./csr.ts";
import { signMessage } from "./signed-message.ts";

/** Azure's documents, good and with one thing changed. They run against the authenticator, and over HTTP. */

export const makeAzurePki = async (now: number) => {
  const ca = await makeHolder({ subject: "CN=Azure TLS CA", now });
  const ended = await makeHolder({ subject: "CN=Azure TLS CA of last year", now, ends: -60 });
  // The same name, another key.
  const stranger = await makeHolder({ subject: "CN=Azure TLS CA", now });
  const leaf = await makeHolder({
    issuer: ca,
    hosts: ["metadata.azure.com", "eastus.metadata.azure.com"],
    now,
  });
  const leafOf = (hosts: readonly string[], changes: object = {}): Promise<Holder> =>
    makeHolder({ issuer: ca, hosts, now, ...changes });
  return { now, ca, ended, stranger, leaf, leafOf };
};

export type AzurePki = Awaited<ReturnType<typeof makeAzurePki>>;

export interface AttestedCase {
  readonly name: string;
  readonly expected: "accepted" | "credential-invalid" | "credential-expired";
  /** The member `signature` of the service's answer. */
  readonly make: (pki: AzurePki, csr: Bytes) => Promise<string>;
}

type Change = (
  pki: AzurePki,
  content: string,
  csr: Bytes,
) => Partial<AttestedParts> | Promise<Partial<AttestedParts>>;

export const base64 = (message: Uint8Array): string => Buffer.from(message).toString("base64");

export const message = async (pki: AzurePki, csr: Bytes, change: Change): Promise<Bytes> => {
  const content = await attestedDocument(csr, pki.now);
  return signAttested({ signer: pki.leaf, content, ...(await change(pki, content, csr)) });
};

/** A good message with one part changed. */
export const parts = (
  name: string,
  change: Change,
  expected: AttestedCase["expected"] = "credential-invalid",
): AttestedCase => ({
  name,
  expected,
  make: async (pki, csr) => base64(await message(pki, csr, change)),
});

/** A document with one member changed, well signed. */
export const members = (
  name: string,
  changes: (pki: AzurePki, nonce: string) => object,
  expected?: AttestedCase["expected"],
) =>
  parts(
    name,
    async (pki, _, csr) => ({
      content: await attestedDocument(csr, pki.now, changes(pki, nonceOf(await sha256(csr)))),
    }),
    expected,
  );

/** A good document that is written in another way, well signed. */
export const written = (name: string, write: (json: string) => string | Bytes) =>
  parts(name, (_, content) => ({ content: write(content) }));

/** A good message whose octets are changed. */
export const octets = (name: string, change: (good: Bytes) => Uint8Array): AttestedCase => ({
  name,
  expected: "credential-invalid",
  make: async (pki, csr) => base64(change(await message(pki, csr, () => ({})))),
});

/** By `openssl cms`, which has signed attributes. */
export const openssl = (
  name: string,
  args: readonly string[],
  expected: AttestedCase["expected"],
): AttestedCase => ({
  name,
  expected,
  make: async ({ leaf, now }, csr) =>
    signMessage({
      content: await attestedDocument(csr, now),
      certificate: leaf.pem,
      privateKey: await exportPrivateKey(leaf.keys.privateKey),
      args,
    }),
});

export const ACCEPTED: readonly AttestedCase[] = [
  parts("as the service sends it", () => ({}), "accepted"),
  parts("with the certificate of its CA", ({ leaf, ca }) => ({ bag: [leaf, ca] }), "accepted"),
  parts("whose signer stands second in the bag", ({ leaf, ca }) => ({ bag: [ca, leaf] }), "accepted"),
  parts("with the digest by its own name", () => ({ digest: OID.sha256 }), "accepted"),
  parts(
    "of a region's name alone",
    async (pki) => ({ signer: await pki.leafOf(["westeurope.metadata.azure.com"]) }),
    "accepted",
  ),
  parts(
    "of the wildcard below it",
    async (pki) => ({ signer: await pki.leafOf(["*.metadata.azure.com"]) }),
    "accepted",
  ),
  openssl("with signed attributes", [], "accepted"),
  openssl("streamed, with lengths that are not known beforehand", ["-stream"], "accepted"),
  members("with its identifiers in capitals", () => ({ vmId: VM.toUpperCase() }), "accepted"),
];

/** A document that Azure did sign, and the CA above it. */
export const REAL = JSON.parse(readFileSync("test/fixtures/azure-attested.json", "utf8")) as {
  readonly signedAt: string;
  readonly issuer: string;
  readonly issuerSha1: string;
  readonly signature: string;
};
