import { equalBytes, sha256Hex } from "../bytes.ts";
import { signAs } from "./ca-signature.ts";
import { readCertificate } from "./certificate.ts";
import type { Bytes } from "./der/reader.ts";
import type { LintedTbs } from "./lint.ts";
import { writePem } from "./pem.ts";

export interface SignedCertificate {
  readonly der: Bytes;
  readonly pem: string;
  /** Lower-case hex. */
  readonly sha256: string;
}

/**
 * Makes a certificate of bytes that were linted for this CA, and compares after: what is issued must hold exactly `tbs` and verify
 * under the CA certificate's key. Throws where it does not; there is nothing that a caller could do better.
 */
export const signCertificate = async ({ tbs, ca }: LintedTbs): Promise<SignedCertificate> => {
  const der = await signAs(ca, tbs);
  compareIssued(der, tbs);
  return { der, pem: writePem("CERTIFICATE", der), sha256: await sha256Hex(der) };
};

/** "Compare after": reads the certificate back as a stranger would. That its signature verifies, `signAs` has seen. */
const compareIssued = (der: Bytes, tbs: Bytes): void => {
  const issued = readCertificate(der);
  if (!issued.ok) throw new Error("the issued certificate does not read back");
  const { value } = issued;
  if (
    !equalBytes(value.tbs.raw, tbs) ||
    !equalBytes(value.signatureIdentifier, value.tbs.signatureIdentifier)
  ) {
    throw new Error("the issued certificate is not what was to be signed");
  }
};
