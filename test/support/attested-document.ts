import "reflect-metadata";
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { nonceOf } from "../../src/auth/azure-imds/document.ts";
import { sha256, utf8 } from "../../src/bytes.ts";
import { readCertificate, type Certificate } from "../../src/pki/certificate.ts";
import { OID } from "../../src/pki/der/oids.ts";
import type { Bytes } from "../../src/pki/der/reader.ts";
import { contextConstructed, TAG } from "../../src/pki/der/tags.ts";
import * as der from "../../src/pki/der/writer.ts";

/** A metadata service of Azure's shape: its PKI, its documents, and the message in which it signs them. */

const RSA = {
  name: "RSASSA-PKCS1-v1_5",
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: "SHA-256",
} as const;

const DAY = 86_400;

/** A certificate with its key. */
export interface Holder {
  readonly subject: string;
  readonly certificate: Certificate;
  readonly pem: string;
  readonly keys: CryptoKeyPair;
}

export interface HolderWish {
  readonly subject?: string;
  /** `null`: signs itself. */
  readonly issuer?: Holder | null;
  /** The DNS names; `null`: a CA. */
  readonly hosts?: readonly string[] | null;
  /** Epoch seconds. */
  readonly now: number;
  /** Seconds from now. */
  readonly begins?: number;
  readonly ends?: number;
}

export const makeHolder = async ({
  subject = "CN=metadata.azure.com",
  issuer = null,
  hosts = null,
  now,
  begins = -DAY,
  ends = DAY,
}: HolderWish): Promise<Holder> => {
  const keys = (await crypto.subtle.generateKey(RSA, true, ["sign", "verify"])) as CryptoKeyPair;
  const made = await X509CertificateGenerator.create({
    subject,
    issuer: issuer?.subject ?? subject,
    notBefore: new Date((now + begins) * 1000),
    notAfter: new Date((now + ends) * 1000),
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    signingAlgorithm: RSA,
    extensions: [
      new BasicConstraintsExtension(hosts === null, undefined, true),
      ...(hosts === null || hosts.length === 0
        ? []
        : [new SubjectAlternativeNameExtension(hosts.map((value) => ({ type: "dns" as const, value })))]),
    ],
  });
  const certificate = readCertificate(new Uint8Array(made.rawData));
  if (!certificate.ok) throw new Error(certificate.error);
  return { subject, certificate: certificate.value, pem: made.toString("pem"), keys };
};

export const SUBSCRIPTION = "8d10da13-8125-4ba9-a717-bf7490507b3d";
export const VM = "02aab8a4-74ef-476e-8182-f6d2ba4166a6";

/** `11/22/26 14:00:00 -0000`. */
export const azureTime = (epochSeconds: number): string => {
  const [, year, month, day, time] =
    /^..(..)-(..)-(..)T(.{8})/.exec(new Date(epochSeconds * 1000).toISOString()) ?? [];
  return `${month}/${day}/${year} ${time} -0000`;
};

/** What the service says of a machine that asks with the nonce of this CSR. */
export const attestedDocument = async (csr: Bytes, now: number, changes: object = {}): Promise<string> =>
  JSON.stringify({
    licenseType: "",
    nonce: nonceOf(await sha256(csr)),
    plan: { name: "", product: "", publisher: "" },
    sku: "22_04-lts-gen2",
    subscriptionId: SUBSCRIPTION,
    timeStamp: { createdOn: azureTime(now - 60), expiresOn: azureTime(now + 6 * 3600 - 60) },
    vmId: VM,
    ...changes,
  });

/** A message of which a test changes the one thing that it is about. */
export interface AttestedParts {
  readonly signer: Holder;
  readonly content: string | Bytes;
  /** What the signature is over, where it is not the content. */
  readonly signed?: Bytes;
  /** Whose key signs in the signer's name. */
  readonly forger?: Holder;
  readonly signature?: Bytes;
  readonly bag?: readonly Holder[];
  /** How many times the signer stands in it. */
  readonly signers?: number;
  readonly digest?: string;
}

/** As the service writes it: DER, the digest by the signature's name, no signed attributes (test/fixtures/azure-attested.json). */
export const signAttested = async (parts: AttestedParts): Promise<Bytes> => {
  const content = typeof parts.content === "string" ? utf8(parts.content) : parts.content;
  const digest = der.sequence(der.oid(parts.digest ?? OID.sha256WithRsaEncryption), der.nullValue());
  const info = await signerInfo(parts, content, digest);
  const body = der.sequence(
    der.smallInteger(1),
    der.element(TAG.set, digest),
    der.sequence(der.oid(OID.data), der.explicit(0, der.octetString(content))),
    der.element(
      contextConstructed(0),
      ...(parts.bag ?? [parts.signer]).map(({ certificate }) => certificate.der),
    ),
    der.element(TAG.set, ...Array.from({ length: parts.signers ?? 1 }, () => info)),
  );
  return der.sequence(der.oid(OID.signedData), der.explicit(0, body));
};

const signerInfo = async (parts: AttestedParts, content: Bytes, digest: Bytes): Promise<Bytes> => {
  const { issuer, serial } = parts.signer.certificate.tbs;
  return der.sequence(
    der.smallInteger(1),
    der.sequence(issuer, der.element(TAG.integer, serial)),
    digest,
    der.sequence(der.oid(OID.rsaEncryption), der.nullValue()),
    der.octetString(
      parts.signature ?? (await signatureBy(parts.forger ?? parts.signer, parts.signed ?? content)),
    ),
  );
};

export const signatureBy = async ({ keys }: Holder, content: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.sign(RSA.name, keys.privateKey, content));
