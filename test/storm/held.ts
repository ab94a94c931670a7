import { createHash, X509Certificate } from "node:crypto";
import * as z from "zod";

/** What of a certificate a client can say by itself, in the ledger's words: read by OpenSSL from the bytes that it got. */
export interface Held {
  readonly chain: string;
  /** Lower-case hex. */
  readonly serial: string;
  readonly sha256: string;
  readonly spkiSha256: string;
  /** RFC 3339. */
  readonly notAfter: string;
}

const bundleSchema = z.object({
  chain: z.string(),
  caBundle: z.string(),
  certificate: z.object({ serial: z.string() }),
});

/** The certificate of a bundle in its JSON form. Throws where it is not whole, or not signed by what came with it. */
export const readHeld = (body: string): Held => {
  const bundle = bundleSchema.parse(JSON.parse(body));
  const [leaf, issuer] = (bundle.chain.match(/-----BEGIN[^]*?-----END CERTIFICATE-----/g) ?? []).map(
    (pem) => new X509Certificate(pem),
  );
  if (leaf === undefined || issuer === undefined || !leaf.verify(issuer.publicKey))
    throw new Error("the leaf is not signed by the intermediate that came with it");
  const serial = leaf.serialNumber.toLowerCase();
  if (serial !== bundle.certificate.serial) throw new Error("the bundle names another serial");
  const spki = leaf.publicKey.export({ type: "spki", format: "der" });
  return {
    chain: bundle.chain,
    serial,
    sha256: sha256(leaf.raw),
    spkiSha256: sha256(spki),
    notAfter: leaf.validToDate.toISOString().replace(".000Z", "Z"),
  };
};

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
