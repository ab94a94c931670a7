import { equalBytes } from "../../bytes.ts";
import { extensionValue, type Certificate } from "../certificate.ts";
import { Fields } from "../der/fields.ts";
import { OID } from "../der/oids.ts";
import { DerError, type Bytes, type DerElement } from "../der/reader.ts";
import { contextConstructed, contextPrimitive, TAG } from "../der/tags.ts";
import { oid, smallInteger } from "../der/values.ts";
import { readSubjectKeyIdentifier } from "../extensions.ts";
import { readSignatureAlgorithm, type SignatureAlgorithm } from "../signature-algorithm.ts";
import { checkUnsignedAttributes, readSignedAttributes, type SignedAttributes } from "./attributes.ts";

/** Whose signature it claims to be (RFC 5652 §5.3). */
export type SignerIdentifier =
  | { readonly kind: "issuer-and-serial"; readonly issuer: Bytes; readonly serial: Bytes }
  | { readonly kind: "key-identifier"; readonly keyIdentifier: Bytes };

/** One SignerInfo, taken apart and not verified. Its attributes are `null` where the signature is over the content itself. */
export interface SignerInfo<A extends SignedAttributes | null = SignedAttributes> {
  readonly identifier: SignerIdentifier;
  readonly algorithm: SignatureAlgorithm;
  readonly attributes: A;
  readonly signature: Bytes;
}

/** What a digest may be called, by dotted identifier. */
export type DigestNames = ReadonlyMap<string, SignatureAlgorithm["hash"]>;

export const DIGESTS: DigestNames = new Map([
  [OID.sha256, "SHA-256"],
  [OID.sha384, "SHA-384"],
  [OID.sha512, "SHA-512"],
] as const);

/** Throws `DerError`. */
export const readSignerInfo = (
  element: DerElement,
  digests: DigestNames,
): SignerInfo<SignedAttributes | null> => {
  const fields = new Fields(element, TAG.sequence);
  const version = smallInteger(fields.take(TAG.integer));
  const identifier = readIdentifier(fields.any(), version);
  const hash = readDigestAlgorithm(fields.take(TAG.sequence), digests);
  const attributes = fields.optional(contextConstructed(0));
  const algorithm = readAlgorithm(fields.take(TAG.sequence), hash);
  const signature = fields.take(TAG.octetString).content;
  const unsigned = fields.optional(contextConstructed(1));
  if (unsigned !== null) checkUnsignedAttributes(unsigned);
  fields.end();
  return { identifier, algorithm, attributes: attributes && readSignedAttributes(attributes), signature };
};

/** SHA-256, SHA-384 or SHA-512; the parameters are absent, or NULL as older writers have it (RFC 5754 §2). */
export const readDigestAlgorithm = (
  element: DerElement,
  digests: DigestNames,
): SignatureAlgorithm["hash"] => {
  const fields = new Fields(element, TAG.sequence);
  const hash = digests.get(oid(fields.any()));
  if (hash === undefined) throw new DerError("its digest is not SHA-256, SHA-384 or SHA-512");
  fields.optional(TAG.null);
  fields.end();
  return hash;
};

/** Whether the certificate is the one that the signer names. */
export const isSigner = (identifier: SignerIdentifier, { tbs }: Certificate): boolean => {
  if (identifier.kind === "issuer-and-serial")
    return equalBytes(identifier.issuer, tbs.issuer) && equalBytes(identifier.serial, tbs.serial);
  const keyIdentifier = extensionValue(tbs, OID.subjectKeyIdentifier, readSubjectKeyIdentifier);
  return keyIdentifier !== null && equalBytes(identifier.keyIdentifier, keyIdentifier);
};

/** Version 1 goes with issuer and serial, version 3 with `[0]`, the subject key identifier. */
const readIdentifier = (element: DerElement, version: number): SignerIdentifier => {
  if (version === 3 && element.tag === contextPrimitive(0))
    return { kind: "key-identifier", keyIdentifier: element.content };
  if (version !== 1) throw new DerError("its signer has the wrong version");
  const fields = new Fields(element, TAG.sequence);
  const issuer = fields.take(TAG.sequence).raw;
  const serial = fields.take(TAG.integer).content;
  fields.end();
  return { kind: "issuer-and-serial", issuer, serial };
};

/** With RSA most writers name the key's algorithm alone, so the digest's counts (RFC 3370 §3.2); two that disagree are refused. */
const readAlgorithm = (element: DerElement, hash: SignatureAlgorithm["hash"]): SignatureAlgorithm => {
  if (isRsaEncryption(element)) return { family: "rsa", hash };
  const algorithm = readSignatureAlgorithm(element);
  if (algorithm === null)
    throw new DerError("its signature is not ECDSA, RSA PKCS#1 v1.5 or Ed25519 with SHA-256 or better");
  if (algorithm.hash !== hash) throw new DerError("its digest and its signature name different hashes");
  return algorithm;
};

const isRsaEncryption = (element: DerElement): boolean => {
  const fields = new Fields(element, TAG.sequence);
  if (oid(fields.any()) !== OID.rsaEncryption) return false;
  fields.optional(TAG.null);
  fields.end();
  return true;
};
