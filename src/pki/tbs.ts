import { OID } from "./der/oids.ts";
import type { Bytes } from "./der/reader.ts";
import {
  element,
  explicit,
  implicit,
  integer,
  octetString,
  oid,
  sequence,
  setOf,
  smallInteger,
  time,
  utf8String,
} from "./der/writer.ts";
import { encodeGeneralName } from "./encode-general-name.ts";
import type { GeneralName } from "./general-name.ts";
import type { IssuingCa } from "./issuing-ca.ts";
import type { VerifiedKey } from "./key.ts";
import {
  BASIC_CONSTRAINTS,
  CA_SIGNATURES,
  EXT_KEY_USAGE,
  extension,
  keyUsageFor,
  MAX_COMMON_NAME,
} from "./profile.ts";

/** Everything that a leaf certificate says. */
export interface Leaf {
  readonly serial: Uint8Array;
  readonly ca: Pick<IssuingCa, "subject" | "keyIdentifier" | "signature">;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly host: string;
  readonly names: readonly GeneralName[];
  readonly key: Pick<VerifiedKey, "type" | "spki">;
  /** For the subjectKeyIdentifier. */
  readonly keyIdentifier: Uint8Array;
}

const V3 = explicit(0, smallInteger(2));

/** The TBSCertificate of docs/certificate-profile.md, field by field in the order of RFC 5280 §4.1. */
export const writeTbs = (leaf: Leaf): Bytes =>
  sequence(
    V3,
    integer(leaf.serial),
    CA_SIGNATURES[leaf.ca.signature].identifier,
    leaf.ca.subject,
    sequence(time(leaf.notBefore), time(leaf.notAfter)),
    subject(leaf.host),
    leaf.key.spki,
    explicit(3, sequence(...extensions(leaf))),
  );

const extensions = ({ key, keyIdentifier, ca, names, host }: Leaf): readonly Bytes[] => [
  BASIC_CONSTRAINTS,
  keyUsageFor(key.type),
  EXT_KEY_USAGE,
  extension(OID.subjectKeyIdentifier, false, octetString(keyIdentifier)),
  extension(OID.authorityKeyIdentifier, false, sequence(implicit(0, ca.keyIdentifier))),
  // An empty subject makes the SAN critical (RFC 5280 §4.2.1.6)
  extension(OID.subjectAltName, !fitsCommonName(host), sequence(...names.map(generalName))),
];

const subject = (host: string): Bytes =>
  fitsCommonName(host) ? sequence(setOf(sequence(oid(OID.commonName), utf8String(host)))) : sequence();

const fitsCommonName = (host: string): boolean => host.length <= MAX_COMMON_NAME;

const generalName = (name: GeneralName): Bytes => {
  const { tag, content } = encodeGeneralName(name);
  return element(tag, content);
};
