import { refuse, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";
import { readAttribute, type Attribute } from "./attribute.ts";
import { Fields, setOf } from "./der/fields.ts";
import { decode, DerError, withDer, type Bytes, type DerElement } from "./der/reader.ts";
import { contextConstructed, TAG } from "./der/tags.ts";
import { bitStringOctets, oid, smallInteger } from "./der/values.ts";
import { nameForeignDer } from "./foreign-object.ts";
import { readSignatureAlgorithm, type SignatureAlgorithm } from "./signature-algorithm.ts";

/** A PKCS#10 CertificationRequest, taken apart and not judged (RFC 2986 §4). */
export interface CertificationRequest {
  /** CertificationRequestInfo as it was sent: what the signature is over. */
  readonly info: Bytes;
  readonly subject: readonly NameAttribute[];
  readonly spki: Bytes;
  readonly attributes: readonly Attribute[];
  /** `null`: an algorithm that is not accepted. */
  readonly algorithm: SignatureAlgorithm | null;
  readonly signature: Bytes;
}

/** One AttributeTypeAndValue of the subject, whichever RDN it stands in. */
export interface NameAttribute {
  readonly type: string;
  readonly value: DerElement;
}

/** Refuses with `malformed-csr` whatever is not one strict DER CertificationRequest of version 0 (v1), to the last byte. */
export const readCertificationRequest = (der: Bytes): Result<CertificationRequest, Refusal> => {
  const read = withDer(malformed, () => ok(requestOf(decode(der))));
  if (read.ok) return read;
  const foreign = nameForeignDer(der);
  return foreign === null ? read : refuse({ code: "malformed-csr", detail: foreign });
};

const requestOf = (root: DerElement): CertificationRequest => {
  const outer = new Fields(root, TAG.sequence);
  const info = outer.take(TAG.sequence);
  const algorithm = readSignatureAlgorithm(outer.take(TAG.sequence));
  const signature = bitStringOctets(outer.take(TAG.bitString));
  outer.end();
  return { info: info.raw, ...infoOf(info), algorithm, signature };
};

const infoOf = (info: DerElement): Pick<CertificationRequest, "subject" | "spki" | "attributes"> => {
  const fields = new Fields(info, TAG.sequence);
  if (smallInteger(fields.take(TAG.integer)) !== 0) throw new DerError("its version is not v1");
  const subject = fields.take(TAG.sequence).children.flatMap(readRdn);
  const spki = fields.take(TAG.sequence).raw;
  const attributes = setOf(fields.take(contextConstructed(0)), contextConstructed(0)).map(readAttribute);
  fields.end();
  return { subject, spki, attributes };
};

const readRdn = (rdn: DerElement): readonly NameAttribute[] => {
  const attributes = setOf(rdn, TAG.set).map(readNameAttribute);
  if (attributes.length === 0) throw new DerError("a relative distinguished name is empty");
  return attributes;
};

const readNameAttribute = (element: DerElement): NameAttribute => {
  const fields = new Fields(element, TAG.sequence);
  const attribute = { type: oid(fields.any()), value: fields.any() };
  fields.end();
  return attribute;
};

const malformed = (defect: string): Refusal => ({
  code: "malformed-csr",
  detail: `the CSR is not a DER certification request: ${defect}; openssl req -new writes a good one`,
});
