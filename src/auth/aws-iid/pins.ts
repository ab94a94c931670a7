import { fromBase64, toHex } from "../../bytes.ts";
import { readCertificate, type Certificate } from "../../pki/certificate.ts";
import { joinBase64, readPem } from "../../pki/pem.ts";
import type { RegionPin } from "../bootstrap.ts";
import regionCertificates from "./region-certificates.json" with { type: "json" };

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

/** The certificates that AWS publishes for its regions, each with its source. Throws at load on a file that does not hold. */
export const REGION_PINS: readonly RegionPin[] = (regionCertificates as readonly PublishedCertificate[]).map(
  ({ region, certificate }) => {
    const der = fromBase64(certificate);
    const read = der === null ? null : readCertificate(der);
    if (read?.ok !== true) throw new TypeError(`the published certificate of ${region} is none`);
    return { region, certificate: read.value };
  },
);

interface PublishedCertificate {
  readonly region: string;
  readonly source: string;
  readonly retrieved: string;
  readonly certificate: string;
}

/** What CMS names a signer by: two certificates with one issuer and serial would be one signer for two regions. */
export const signerName = ({ tbs }: Certificate): string => `${toHex(tbs.issuer)}#${toHex(tbs.serial)}`;
