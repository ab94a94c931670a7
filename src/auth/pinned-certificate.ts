import { readCertificate, type Certificate } from "../pki/certificate.ts";
import { joinBase64, readPem } from "../pki/pem.ts";

/** A certificate as a definition spells it: one PEM block, or its DER in base64. `null` for anything else. */
export const parsePinnedCertificate = (text: string): Certificate | null => {
  const blocks = readPem(text, "blank");
  const [block, another] = blocks.ok ? blocks.value : [];
  const der = text.includes("-----")
    ? block?.label === "CERTIFICATE" && another === undefined
      ? block.der
      : null
    : joinBase64(text);
  const certificate = der === null ? null : readCertificate(der);
  return certificate?.ok === true ? certificate.value : null;
};
