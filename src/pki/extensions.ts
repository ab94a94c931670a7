import { expectTag, Fields, nonEmpty } from "./der/fields.ts";
import { decode, DerError, type Bytes, type DerElement } from "./der/reader.ts";
import { contextConstructed, contextPrimitive, TAG } from "./der/tags.ts";
import { boolean, namedBits, oid, smallInteger } from "./der/values.ts";

/** One extension as it stands in a certificate or a request (RFC 5280 §4.2); `value` is inside the OCTET STRING. */
export interface Extension {
  readonly id: string;
  readonly critical: boolean;
  readonly value: Bytes;
}

/** The readers of this file throw `DerError`: whoever calls them does so under `withDer`. */

/** Extensions, none twice (RFC 5280 §4.2). */
export const readExtensions = (list: DerElement): readonly Extension[] => {
  const extensions = expectTag(list, TAG.sequence).children.map(readExtension);
  const ids = new Set(extensions.map(({ id }) => id));
  if (ids.size !== extensions.length) throw new DerError("an extension is there twice");
  return extensions;
};

const readExtension = (element: DerElement): Extension => {
  const fields = new Fields(element, TAG.sequence);
  const id = oid(fields.any());
  const flag = fields.optional(TAG.boolean);
  const critical = flag !== null && boolean(flag);
  if (flag !== null && !critical) throw new DerError("a DEFAULT value is written out");
  const value = fields.take(TAG.octetString).content;
  fields.end();
  return { id, critical, value };
};

/** RFC 5280 §4.2.1.9. */
export interface BasicConstraints {
  readonly ca: boolean;
  readonly pathLength: number | null;
}

export const readBasicConstraints = (value: Bytes): BasicConstraints => {
  const fields = new Fields(decode(value), TAG.sequence);
  const flag = fields.optional(TAG.boolean);
  if (flag !== null && !boolean(flag)) throw new DerError("a DEFAULT value is written out");
  const length = fields.optional(TAG.integer);
  fields.end();
  return { ca: flag !== null, pathLength: length === null ? null : smallInteger(length) };
};

/** The bits of RFC 5280 §4.2.1.3, in their order. */
export const KEY_USAGES = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
] as const;

export type KeyUsage = (typeof KEY_USAGES)[number];

export const readKeyUsage = (value: Bytes): readonly KeyUsage[] => {
  const bits = namedBits(decode(value));
  const usages = KEY_USAGES.filter((_, bit) => bits.includes(bit));
  if (usages.length === 0 || usages.length !== bits.length)
    throw new DerError("a key usage has no bit or unknown bits set");
  return usages;
};

/** Dotted purposes (RFC 5280 §4.2.1.12). */
export const readExtKeyUsage = (value: Bytes): readonly string[] => {
  const purposes = nonEmpty(decode(value), TAG.sequence).map(oid);
  if (new Set(purposes).size !== purposes.length) throw new DerError("a key purpose is there twice");
  return purposes;
};

export const readSubjectKeyIdentifier = (value: Bytes): Bytes => {
  const { tag, content } = decode(value);
  if (tag !== TAG.octetString || content.length === 0)
    throw new DerError("a key identifier is not an OCTET STRING");
  return content;
};

/** The keyIdentifier of RFC 5280 §4.2.1.1, or `null`; issuer and serial are legal there and mean nothing here. */
export const readAuthorityKeyIdentifier = (value: Bytes): Bytes | null => {
  const fields = new Fields(decode(value), TAG.sequence);
  const keyIdentifier = fields.optional(contextPrimitive(0));
  fields.optional(contextConstructed(1));
  fields.optional(contextPrimitive(2));
  fields.end();
  return keyIdentifier?.content ?? null;
};

/** The tag tells the kind of each name: `[2]` dNSName, `[7]` iPAddress (RFC 5280 §4.2.1.6). */
export const GENERAL_NAME = {
  dns: contextPrimitive(2),
  directory: contextConstructed(4),
  ip: contextPrimitive(7),
} as const;

export const readGeneralNames = (value: Bytes): readonly DerElement[] =>
  nonEmpty(decode(value), TAG.sequence);
