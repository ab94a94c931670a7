import { err, ok, type Result } from "../result.ts";
import type { Refusal } from "../refusal.ts";
import { refuseAltNames } from "./csr-names.ts";
import { OID } from "./der/oids.ts";
import { withDer } from "./der/reader.ts";
import {
  readBasicConstraints,
  readExtKeyUsage,
  readGeneralNames,
  readKeyUsage,
  readSubjectKeyIdentifier,
  type Extension,
} from "./extensions.ts";
import type { GeneralName } from "./general-name.ts";
import type { KeyType } from "./key.ts";
import { keyFamily } from "./signature-algorithm.ts";

/** What the wishes of a request are measured against. */
export interface Profile {
  readonly names: readonly GeneralName[];
  readonly keyType: KeyType;
}

/**
 * `null` where a request asks for no more than the profile gives. Wishes within it are ignored, not granted: the
 * certificate is the same without them. Anything that would widen it is a refusal (docs/certificate-profile.md, P1).
 */
export const refuseExtensions = (extensions: readonly Extension[], profile: Profile): Refusal | null => {
  for (const extension of extensions) {
    const judged = withDer(malformedExtension, () => judge(extension, profile));
    if (!judged.ok) return judged.error;
  }
  return null;
};

const judge = ({ id, value }: Extension, profile: Profile): Result<null, Refusal> => {
  switch (id) {
    case OID.subjectAltName:
      return unless(refuseAltNames(readGeneralNames(value), profile.names));
    case OID.basicConstraints:
      return unless(refuseBasicConstraints(value));
    case OID.keyUsage:
      return unless(refuseKeyUsage(value, profile.keyType));
    case OID.extKeyUsage:
      return unless(refuseExtKeyUsage(value));
    case OID.subjectKeyIdentifier:
      readSubjectKeyIdentifier(value);
      return ok(null);
    default:
      return err(
        malformed("the CSR asks for an extension that is not in the certificate profile: leave it out"),
      );
  }
};

const refuseBasicConstraints = (value: Extension["value"]): Refusal | null => {
  const { ca, pathLength } = readBasicConstraints(value);
  return ca || pathLength !== null
    ? malformed("the CSR asks to be a CA: leave basicConstraints out, or ask for CA:FALSE")
    : null;
};

/** RFC 5480 §3: an EC key has no use for keyEncipherment. */
const refuseKeyUsage = (value: Extension["value"], type: KeyType): Refusal | null => {
  const allowed = keyFamily(type) === "rsa" ? ["digitalSignature", "keyEncipherment"] : ["digitalSignature"];
  return readKeyUsage(value).every((usage) => allowed.includes(usage))
    ? null
    : malformed(
        "the CSR asks for a key usage beyond digitalSignature (RSA: keyEncipherment too): leave keyUsage out",
      );
};

const refuseExtKeyUsage = (value: Extension["value"]): Refusal | null =>
  readExtKeyUsage(value).every((purpose) => purpose === OID.serverAuth || purpose === OID.clientAuth)
    ? null
    : malformed(
        "the CSR asks for a key purpose beyond serverAuth and clientAuth: leave extendedKeyUsage out",
      );

const unless = (refusal: Refusal | null): Result<null, Refusal> =>
  refusal === null ? ok(null) : err(refusal);

const malformedExtension = (defect: string): Refusal =>
  malformed(`an extension that the CSR asks for is malformed: ${defect}`);

const malformed = (detail: string): Refusal => ({ code: "malformed-csr", detail });
