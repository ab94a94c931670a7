import { latin1 } from "../bytes.ts";
import { formatIpv6 } from "../node/host.ts";
import { err, ok, type Result } from "../result.ts";
import { extensionValue, readTbs, type TbsCertificate } from "./certificate.ts";
import { Fields, setOf } from "./der/fields.ts";
import { OID } from "./der/oids.ts";
import { decode, DerError, withDer, type Bytes, type DerElement } from "./der/reader.ts";
import { TAG } from "./der/tags.ts";
import { oid } from "./der/values.ts";
import * as read from "./extensions.ts";
import type { GeneralName } from "./general-name.ts";
import { readPublicKey, type PublicKey } from "./public-key.ts";
import { readSignatureAlgorithm, type SignatureAlgorithm } from "./signature-algorithm.ts";

/** A leaf's TBSCertificate with everything in it decoded again from its bytes. `null` and empty: absent. */
export interface LeafView {
  readonly tbs: TbsCertificate;
  readonly key: PublicKey;
  readonly algorithm: SignatureAlgorithm | null;
  readonly commonName: string | null;
  readonly names: readonly GeneralName[];
  readonly basicConstraints: read.BasicConstraints | null;
  readonly keyUsage: readonly read.KeyUsage[];
  readonly purposes: readonly string[];
  readonly subjectKeyIdentifier: Bytes | null;
  readonly authorityKeyIdentifier: Bytes | null;
  readonly critical: ReadonlySet<string>;
}

/** Reads a TBSCertificate as {@link LeafView}; the error is a clause that names the defect. */
export const viewLeaf = (bytes: Bytes): Result<LeafView, string> => {
  const tbs = readTbs(bytes);
  if (!tbs.ok) return tbs;
  const key = readPublicKey(tbs.value.spki);
  if (!key.ok) return err(key.error.detail);
  return withDer(
    (defect) => defect,
    () => ok({ tbs: tbs.value, key: key.value, ...readNames(tbs.value), ...readUsages(tbs.value) }),
  );
};

const readNames = (tbs: TbsCertificate): Pick<LeafView, "algorithm" | "commonName" | "names"> => ({
  algorithm: readSignatureAlgorithm(decode(tbs.signatureIdentifier)),
  commonName: readCommonName(decode(tbs.subject)),
  names: extensionValue(tbs, OID.subjectAltName, read.readGeneralNames)?.map(decodeGeneralName) ?? [],
});

const readUsages = (
  tbs: TbsCertificate,
): Omit<LeafView, "tbs" | "key" | "algorithm" | "commonName" | "names"> => ({
  basicConstraints: extensionValue(tbs, OID.basicConstraints, read.readBasicConstraints),
  keyUsage: extensionValue(tbs, OID.keyUsage, read.readKeyUsage) ?? [],
  purposes: extensionValue(tbs, OID.extKeyUsage, read.readExtKeyUsage) ?? [],
  subjectKeyIdentifier: extensionValue(tbs, OID.subjectKeyIdentifier, read.readSubjectKeyIdentifier),
  authorityKeyIdentifier: extensionValue(tbs, OID.authorityKeyIdentifier, read.readAuthorityKeyIdentifier),
  critical: new Set(tbs.extensions.filter(({ critical }) => critical).map(({ id }) => id)),
});

/** The subject of the profile is empty or one CN: anything more does not decode. */
const readCommonName = (subject: DerElement): string | null => {
  if (subject.children.length === 0) return null;
  const names = new Fields(subject, TAG.sequence);
  const [attribute, another] = setOf(names.any(), TAG.set);
  names.end();
  if (attribute === undefined || another !== undefined) throw new DerError("the subject is not one CN");
  const fields = new Fields(attribute, TAG.sequence);
  if (oid(fields.any()) !== OID.commonName) throw new DerError("the subject is not one CN");
  const text = latin1(fields.take(TAG.utf8String).content);
  fields.end();
  return text;
};

const decodeGeneralName = ({ tag, content }: DerElement): GeneralName => {
  if (tag === read.GENERAL_NAME.dns) return { type: "dns", value: latin1(content) };
  if (tag === read.GENERAL_NAME.ip && content.length === 4) return { type: "ip", value: content.join(".") };
  if (tag === read.GENERAL_NAME.ip && content.length === 16)
    return { type: "ip", value: formatIpv6(content) };
  throw new DerError("a name is of another kind than dNSName and iPAddress");
};
