import { equalBytes } from "../../bytes.ts";
import { err, ok, type Result } from "../../result.ts";
import { readCertificate, type Certificate } from "../certificate.ts";
import { expectTag, Fields } from "../der/fields.ts";
import { OID } from "../der/oids.ts";
import { decode, DerError, withDer, type Bytes, type DerElement } from "../der/reader.ts";
import { contextConstructed, TAG } from "../der/tags.ts";
import { oid, smallInteger } from "../der/values.ts";
import type { AcceptedKey } from "../key-policy.ts";
import { verifySignature } from "../verify-signature.ts";
import type { SignedAttributes } from "./attributes.ts";
import { normaliseBer } from "./ber.ts";
import {
  DIGESTS,
  isSigner,
  readDigestAlgorithm,
  readSignerInfo,
  type DigestNames,
  type SignerInfo,
} from "./signer-info.ts";

/** A CMS SignedData of one signer that carries its content, taken apart and not verified (RFC 5652 §5). */
export interface SignedData<A extends SignedAttributes | null = SignedAttributes> {
  readonly content: Bytes;
  /** As they are in the bag, each one DER element; whether to believe any of them is not said here. */
  readonly certificates: readonly Bytes[];
  readonly signer: SignerInfo<A>;
}

/** Signed content that may speak for itself alone: no time, no content type. */
export type SignedContent = SignedData<SignedAttributes | null>;

/** What is wrong with a signed message: a clause of our own words that follows "the CMS message is not acceptable:". */
export type CmsDefect = string;

/** Whether the bytes begin as a ContentInfo does, a SEQUENCE that opens with an OBJECT IDENTIFIER. A guess for routing, no check. */
export const looksLikeCms = (bytes: Uint8Array): boolean => {
  const length = bytes[1] ?? 0;
  return bytes[0] === TAG.sequence && bytes[length > 0x80 ? 2 + (length & 0x7f) : 2] === TAG.oid;
};

/**
 * Reads exactly what `openssl cms -sign -binary -nodetach` writes, as DER or streamed as BER: SignedData over plain data that
 * is inside, one SignerInfo with signed attributes, SHA-256 or better.
 */
export const readSignedData = (bytes: Bytes): Result<SignedData, CmsDefect> =>
  withDer(sayDefect, () => {
    const { signer, ...rest } = signedContentOf(decode(normaliseBer(bytes)), DIGESTS);
    const { attributes } = signer;
    if (attributes === null)
      throw new DerError("it has no signed attributes, so no time and no content type");
    return ok({ ...rest, signer: { ...signer, attributes } });
  });

/** Azure's metadata service calls the digest by the name of the signature that it is for. */
const DIGESTS_OR_SIGNATURES: DigestNames = new Map([
  ...DIGESTS,
  [OID.sha256WithRsaEncryption, "SHA-256"],
] as const);

/**
 * Reads what a metadata service signs: as {@link readSignedData}, or without signed attributes, so that the signature is over the content
 * itself (RFC 5652 §5.4). The octets of a SET of attributes that was signed elsewhere are a content here: only for one that begins as no
 * SET does, such as a JSON object.
 */
export const readSignedContent = (bytes: Bytes): Result<SignedContent, CmsDefect> =>
  withDer(sayDefect, () => ok(signedContentOf(decode(normaliseBer(bytes)), DIGESTS_OR_SIGNATURES)));

const signedContentOf = (root: DerElement, digests: DigestNames): SignedContent => {
  const info = new Fields(root, TAG.sequence);
  if (oid(info.any()) !== OID.signedData) throw new DerError("it is not SignedData");
  const body = sole(info.take(contextConstructed(0)));
  info.end();
  const fields = new Fields(body, TAG.sequence);
  const version = smallInteger(fields.take(TAG.integer));
  if (version !== 1 && version !== 3) throw new DerError("its version is not 1 or 3");
  const hash = readDigestAlgorithm(sole(fields.take(TAG.set)), digests);
  const content = contentOf(fields.take(TAG.sequence));
  const certificates = fields.optional(contextConstructed(0))?.children ?? [];
  const signers = fields.take(TAG.set).children;
  fields.end();
  const [signer, another] = signers;
  if (signer === undefined || another !== undefined) throw new DerError("it has not exactly one signer");
  const read = readSignerInfo(signer, digests);
  if (read.algorithm.hash !== hash) throw new DerError("its signer uses another digest than it announces");
  return { content, certificates: certificates.map(certificateOf), signer: read };
};

const contentOf = (element: DerElement): Bytes => {
  const fields = new Fields(element, TAG.sequence);
  if (oid(fields.any()) !== OID.data) throw new DerError("its content is not plain data");
  const wrapper = fields.optional(contextConstructed(0));
  fields.end();
  if (wrapper === null) throw new DerError("its content is detached: sign with -nodetach");
  return expectTag(sole(wrapper), TAG.octetString).content;
};

/** A certificate proper: attribute certificates and other choices have context tags. */
const certificateOf = (element: DerElement): Bytes => expectTag(element, TAG.sequence).raw;

const sole = ({ children: [child, another] }: DerElement): DerElement => {
  if (child === undefined || another !== undefined)
    throw new DerError("a wrapper holds not exactly one value");
  return child;
};

/** The certificate of the bag that the signer names, wherever it stands in it. Every other must be a certificate too. */
export const signerCertificate = ({ certificates, signer }: SignedContent): Result<Certificate, CmsDefect> =>
  withDer(sayDefect, () => {
    const read = certificates.map(readCertificate);
    const broken = read.find((certificate) => !certificate.ok);
    if (broken !== undefined) return broken;
    const named = read.find(
      (certificate) => certificate.ok && isSigner(signer.identifier, certificate.value),
    );
    return named ?? err("it does not hold its signer's certificate");
  });

/**
 * Whether this key signed the attributes, and the attributes speak of this content; or, where there are none, signed the content. Says
 * nothing of the key's owner or of the time.
 */
export const verifySignedData = async (
  { content, signer }: SignedContent,
  key: AcceptedKey,
): Promise<Result<void, CmsDefect>> => {
  const { attributes, algorithm, signature } = signer;
  if (attributes === null) return signed(await verifySignature(key, algorithm, content, signature));
  if (attributes.contentType !== OID.data) return err("its signed content type is not that of its content");
  const digest = new Uint8Array(await crypto.subtle.digest(algorithm.hash, content));
  if (!equalBytes(digest, attributes.messageDigest))
    return err("its signed digest is not that of its content");
  return signed(await verifySignature(key, algorithm, attributes.signed, signature));
};

const signed = (holds: boolean): Result<void, CmsDefect> =>
  holds ? ok(undefined) : err("its signature is not by the key of the signer's certificate");

const sayDefect = (defect: string): CmsDefect => defect;
