import { equalBytes } from "../bytes.ts";
import { ok, type Result } from "../result.ts";
import { defect, type CaDefect } from "./ca-defect.ts";
import { extensionValue, readCertificate, type Certificate, type TbsCertificate } from "./certificate.ts";
import { OID } from "./der/oids.ts";
import { withDer, type Bytes } from "./der/reader.ts";
import {
  readAuthorityKeyIdentifier,
  readBasicConstraints,
  readExtKeyUsage,
  readKeyUsage,
  readSubjectKeyIdentifier,
  type KeyUsage,
} from "./extensions.ts";
import { acceptPublicKey, type AcceptedKey } from "./key-policy.ts";
import { readNameConstraints, UNCONSTRAINED, type NameConstraints } from "./name-constraints.ts";

/** A certificate that may sign others: an issuing CA, a further intermediate or a root. */
export interface CaCertificate {
  readonly certificate: Certificate;
  readonly key: AcceptedKey;
  readonly keyUsage: readonly KeyUsage[];
  /** How many further CAs may stand below; `null` is no limit. */
  readonly pathLength: number | null;
  readonly nameConstraints: NameConstraints;
  readonly subjectKeyIdentifier: Bytes | null;
  readonly authorityKeyIdentifier: Bytes | null;
}

/** Critical extensions whose meaning is known here; any other must lead to refusal (RFC 5280 §4.2). */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  OID.basicConstraints,
  OID.keyUsage,
  OID.extKeyUsage,
  OID.nameConstraints,
  OID.certificatePolicies,
]);

/** Reads a CA certificate and judges what can be judged without its neighbours and the time. */
export const readCaCertificate = (der: Bytes): Result<CaCertificate, CaDefect> => {
  const certificate = readCertificate(der);
  if (!certificate.ok) return defect("malformed", `a CA certificate is malformed: ${certificate.error}`);
  const key = acceptPublicKey(certificate.value.tbs.spki);
  if (!key.ok) return defect("weak-ca", `a CA certificate's key is not accepted: ${key.error.detail}`);
  const nameConstraints = constraintsOf(certificate.value.tbs);
  if (!nameConstraints.ok) return nameConstraints;
  return withDer(
    (clause) => ({ reason: "malformed", detail: `an extension of a CA certificate is malformed: ${clause}` }),
    () => caOf(certificate.value, key.value, nameConstraints.value),
  );
};

/** Whether subject and issuer are one name, as in a root. */
export const isSelfIssued = ({ certificate: { tbs } }: CaCertificate): boolean =>
  equalBytes(tbs.subject, tbs.issuer);

const caOf = (
  certificate: Certificate,
  key: AcceptedKey,
  nameConstraints: NameConstraints,
): Result<CaCertificate, CaDefect> => {
  const { tbs } = certificate;
  const basicConstraints = extensionValue(tbs, OID.basicConstraints, readBasicConstraints);
  const keyUsage = extensionValue(tbs, OID.keyUsage, readKeyUsage) ?? [];
  if (tbs.version !== 3 || basicConstraints?.ca !== true) return defect("not-ca", NOT_A_CA);
  if (equalBytes(tbs.subject, EMPTY_NAME)) return defect("not-ca", NO_SUBJECT);
  if (!keyUsage.includes("keyCertSign"))
    return defect("not-ca", "a CA certificate's keyUsage does not have keyCertSign");
  if (!hasBothPurposes(extensionValue(tbs, OID.extKeyUsage, readExtKeyUsage)))
    return defect("key-purpose", ONE_PURPOSE);
  if (tbs.extensions.some(({ id, critical }) => critical && !UNDERSTOOD.has(id))) {
    return defect(
      "critical-extension",
      "a CA certificate has a critical extension that Interlock does not know",
    );
  }
  return ok({
    certificate,
    key,
    keyUsage,
    nameConstraints,
    pathLength: basicConstraints.pathLength,
    subjectKeyIdentifier: extensionValue(tbs, OID.subjectKeyIdentifier, readSubjectKeyIdentifier),
    authorityKeyIdentifier: extensionValue(tbs, OID.authorityKeyIdentifier, readAuthorityKeyIdentifier),
  });
};

const constraintsOf = (tbs: TbsCertificate): Result<NameConstraints, CaDefect> =>
  withDer(
    (clause) => ({ reason: "name-constraints", detail: `a CA certificate cannot be used: ${clause}` }),
    () => ok(extensionValue(tbs, OID.nameConstraints, readNameConstraints) ?? UNCONSTRAINED),
  );

/** In a CA, purposes limit what its leaves may be for: with only one of the two, every node is refused in one role. */
const hasBothPurposes = (purposes: readonly string[] | null): boolean =>
  purposes === null || (purposes.includes(OID.serverAuth) && purposes.includes(OID.clientAuth));

/** An empty SEQUENCE of RDNs. */
const EMPTY_NAME = Uint8Array.of(0x30, 0x00);
const NO_SUBJECT =
  "a CA certificate has an empty subject, so nothing can name it as its issuer (RFC 5280 §4.1.2.6)";
const NOT_A_CA =
  "a certificate of the chain or the trust bundle is not a version 3 CA certificate (basicConstraints CA:TRUE)";
const ONE_PURPOSE =
  "a CA certificate's extendedKeyUsage must be absent or hold both serverAuth and clientAuth";
