import { concatBytes, utf8 } from "../../../src/bytes.ts";
import { readCertificate } from "../../../src/pki/certificate.ts";
import { OID } from "../../../src/pki/der/oids.ts";
import type { Bytes } from "../../../src/pki/der/reader.ts";
import { contextConstructed, TAG } from "../../../src/pki/der/tags.ts";
import * as der from "../../../src/pki/der/writer.ts";
import { ecdsaToDer } from "../../../src/pki/ecdsa-signature.ts";
import { NOW, type Authority } from "./authority.ts";

/** A CMS message of any shape, so that a test changes the one thing that it is about. */
export interface MessageParts {
  readonly content?: Bytes;
  /** What the digest is made of, where it is not the content. */
  readonly digested?: Bytes;
  readonly hash?: Hash;
  readonly signingTime?: number;
  /** By identifier, as whole attributes; `null` leaves the usual one out. */
  readonly attributes?: Readonly<Record<string, Bytes | null>>;
  /** Beside the usual ones. */
  readonly moreAttributes?: readonly Bytes[];
  readonly unsignedAttributes?: Bytes;
  /** Signs the content itself, as RFC 5652 allows where there are no signed attributes. */
  readonly bare?: boolean;
  readonly identifier?: "issuer-and-serial" | "key-identifier";
  readonly signerVersion?: number;
  readonly signatureOid?: string;
  /** Announced for the whole message. */
  readonly digestOid?: string;
  readonly signers?: number;
  /** Signs in the signer's name. */
  readonly forger?: Authority;
  readonly bag?: readonly Bytes[];
  readonly contentType?: string;
  readonly detached?: boolean;
  readonly version?: number;
  readonly outerType?: string;
}

export type Hash = "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";

const HASHES = {
  "SHA-1": { digest: "1.3.14.3.2.26", ecdsa: "1.2.840.10045.4.1" },
  "SHA-256": { digest: OID.sha256, ecdsa: OID.ecdsaWithSha256 },
  "SHA-384": { digest: OID.sha384, ecdsa: OID.ecdsaWithSha384 },
  "SHA-512": { digest: OID.sha512, ecdsa: OID.ecdsaWithSha512 },
} as const satisfies Record<Hash, unknown>;

export const CONTENT = utf8("what is signed");

export const cmsAttribute = (type: string, ...values: readonly Uint8Array[]): Bytes =>
  der.sequence(der.oid(type), der.setOf(...values));

/** A message by a P-256 key, DER. */
export const makeMessage = async (signer: Authority, parts: MessageParts = {}): Promise<Bytes> => {
  const content = parts.content ?? CONTENT;
  const info = await signerInfo(signer, content, parts);
  const contentInfo = der.sequence(
    der.oid(parts.contentType ?? OID.data),
    ...(parts.detached === true ? [] : [der.explicit(0, der.octetString(content))]),
  );
  const body = der.sequence(
    der.smallInteger(parts.version ?? 1),
    der.element(TAG.set, der.sequence(der.oid(parts.digestOid ?? HASHES[parts.hash ?? "SHA-256"].digest))),
    contentInfo,
    der.element(contextConstructed(0), ...(parts.bag ?? [signer.der])),
    der.element(TAG.set, ...Array.from({ length: parts.signers ?? 1 }, () => info)),
  );
  return der.sequence(der.oid(parts.outerType ?? OID.signedData), der.explicit(0, body));
};

const signerInfo = async (signer: Authority, content: Bytes, parts: MessageParts): Promise<Bytes> => {
  const { hash = "SHA-256" } = parts;
  const byKey = parts.identifier === "key-identifier";
  const attributes = await attributesOf(content, parts);
  const signed = parts.bare === true ? content : der.setOf(...attributes);
  const signature = await crypto.subtle.sign(
    { name: "ECDSA", hash },
    (parts.forger ?? signer).pair.privateKey,
    signed,
  );
  return der.sequence(
    der.smallInteger(parts.signerVersion ?? (byKey ? 3 : 1)),
    byKey ? der.implicit(0, signer.keyIdentifier) : issuerAndSerial(signer.der),
    der.sequence(der.oid(HASHES[hash].digest)),
    ...(parts.bare === true ? [] : [retagged(signed, contextConstructed(0))]),
    der.sequence(der.oid(parts.signatureOid ?? HASHES[hash].ecdsa)),
    der.octetString(ecdsaToDer(new Uint8Array(signature))),
    ...(parts.unsignedAttributes === undefined ? [] : [der.explicit(1, parts.unsignedAttributes)]),
  );
};

const attributesOf = async (content: Bytes, parts: MessageParts): Promise<readonly Bytes[]> => {
  const digest = await crypto.subtle.digest(parts.hash ?? "SHA-256", parts.digested ?? content);
  const usual: Readonly<Record<string, Bytes | null>> = {
    [OID.contentType]: cmsAttribute(OID.contentType, der.oid(OID.data)),
    [OID.signingTime]: cmsAttribute(OID.signingTime, der.time(parts.signingTime ?? NOW)),
    [OID.messageDigest]: cmsAttribute(OID.messageDigest, der.octetString(new Uint8Array(digest))),
  };
  const chosen = Object.values({ ...usual, ...parts.attributes }).filter((one) => one !== null);
  return [...chosen, ...(parts.moreAttributes ?? [])];
};

const issuerAndSerial = (certificate: Bytes): Bytes => {
  const read = readCertificate(certificate);
  if (!read.ok) throw new Error(read.error);
  return der.sequence(read.value.tbs.issuer, der.element(TAG.integer, read.value.tbs.serial));
};

const retagged = (element: Bytes, tag: number): Bytes => concatBytes(Uint8Array.of(tag), element.subarray(1));
