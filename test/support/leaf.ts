// First: it brings the Reflect polyfill that the library needs.
import { exportPrivateKey, makeCsr } from "./csr.ts";
import {
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
  type JsonGeneralNames,
} from "@peculiar/x509";
import type { ClusterSecret } from "./test-ca.ts";

/** A node's certificate that Interlock had no part in, as the files of a node have it. */
export interface Leaf {
  /** Leaf, then the intermediate. */
  readonly chainPem: string;
  readonly privateKeyPem: string;
  readonly trustPem: string;
}

const EC = { name: "ECDSA", namedCurve: "P-256" };
const SERVER_AND_CLIENT = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"];

/** Signs with the cluster's own CA (an EC P-256 one) what Interlock would refuse to, or with a stranger's what it never could. */
export const signLeaf = async (ca: ClusterSecret, names: JsonGeneralNames): Promise<Leaf> => {
  const { keys } = await makeCsr();
  const issuer = new X509Certificate(ca.certificate);
  const leaf = await X509CertificateGenerator.create({
    subject: "",
    issuer: issuer.subject,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 86_400_000),
    publicKey: keys.publicKey,
    signingKey: await importSigningKey(ca.privateKey),
    signingAlgorithm: { ...EC, hash: "SHA-256" },
    extensions: [
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension(SERVER_AND_CLIENT),
      new SubjectAlternativeNameExtension(names, true),
    ],
  });
  return {
    chainPem: `${leaf.toString("pem")}\n${ca.certificate}\n`,
    privateKeyPem: await exportPrivateKey(keys.privateKey),
    trustPem: `${ca.trustBundle}\n`,
  };
};

const importSigningKey = (pem: string): Promise<CryptoKey> => {
  const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
  return crypto.subtle.importKey("pkcs8", der, EC, false, ["sign"]);
};
