import { fromBase64, toHex } from "../../bytes.ts";
import { lazy } from "../../lazy.ts";
import { readCertificate, type Certificate } from "../../pki/certificate.ts";
import type { RegionPin } from "../bootstrap.ts";
import regionCertificates from "./region-certificates.json" with { type: "json" };

/** The certificates that AWS publishes for its regions, each with its source. Throws on a file that does not hold. */
export const regionPins = lazy((): readonly RegionPin[] =>
  regionCertificates.map(({ region, certificate }) => {
    const der = fromBase64(certificate);
    const read = der === null ? null : readCertificate(der);
    if (read?.ok !== true) throw new TypeError(`the published certificate of ${region} is none`);
    return { region, certificate: read.value };
  }),
);

/** What CMS names a signer by: two certificates with one issuer and serial would be one signer for two regions. */
export const signerName = ({ tbs }: Certificate): string => `${toHex(tbs.issuer)}#${toHex(tbs.serial)}`;
