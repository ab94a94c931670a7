import { readAttribute } from "../attribute.ts";
import { setOf } from "../der/fields.ts";
import { OID } from "../der/oids.ts";
import { DerError, type Bytes, type DerElement } from "../der/reader.ts";
import { contextConstructed, TAG } from "../der/tags.ts";
import { time } from "../der/time.ts";
import { oid } from "../der/values.ts";

/** The signed attributes that carry meaning here (RFC 5652 §11.1 to §11.3). */
export interface SignedAttributes {
  /** Dotted. */
  readonly contentType: string;
  readonly messageDigest: Bytes;
  /** Epoch seconds. */
  readonly signingTime: number;
  /** What the signature is over: the attributes as an explicit SET OF, not as the `[0]` they travel in (§5.4). */
  readonly signed: Bytes;
}

/**
 * Reads signedAttrs, in DER order and no type twice: contentType, messageDigest and signingTime with one value each. Others, such as
 * SMIMECapabilities and CMSAlgorithmProtection, are signed with them and mean nothing here. Throws `DerError`.
 */
export const readSignedAttributes = (element: DerElement): SignedAttributes => {
  const attributes = new Map<string, readonly DerElement[]>();
  for (const member of setOf(element, contextConstructed(0))) {
    const { type, values } = readAttribute(member);
    if (attributes.has(type)) throw new DerError("a signed attribute is there twice");
    attributes.set(type, values);
  }
  const digest = soleValue(attributes, OID.messageDigest, "messageDigest");
  if (digest.tag !== TAG.octetString) throw new DerError("its messageDigest is not an OCTET STRING");
  return {
    contentType: oid(soleValue(attributes, OID.contentType, "contentType")),
    messageDigest: digest.content,
    signingTime: time(soleValue(attributes, OID.signingTime, "signingTime")),
    signed: asSet(element),
  };
};

/**
 * Unsigned attributes, such as a time stamp: nobody vouches for them, so they must have the form of attributes, because peers read it,
 * and mean nothing. Throws `DerError`.
 */
export const checkUnsignedAttributes = ({ children }: DerElement): void => {
  for (const member of children) readAttribute(member);
};

const soleValue = (
  attributes: ReadonlyMap<string, readonly DerElement[]>,
  type: string,
  name: string,
): DerElement => {
  const [value, another] = attributes.get(type) ?? [];
  if (value === undefined || another !== undefined)
    throw new DerError(`it has not exactly one signed ${name}`);
  return value;
};

const asSet = ({ raw }: DerElement): Bytes => {
  const set = raw.slice();
  set[0] = TAG.set;
  return set;
};
