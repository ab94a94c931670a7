import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
  type X509Certificate,
} from "@peculiar/x509";
import { makeCsr, type CsrWish, exportPrivateKey } from "./csr.ts";

/** A cluster secret as its JSON document has it (`clusters.md`). */
export interface ClusterSecret {
  readonly version: 1;
  readonly certificate: string;
  readonly privateKey: string;
  readonly trustBundle: string;
  readonly tokenKey: string;
  readonly cookie?: string;
}

export interface CaWish {
  readonly key?: NonNullable<CsrWish["key"]>;
  /** The intermediate's end; the root lives on. */
  readonly notAfter?: Date;
  readonly subject?: string;
}

const YEAR = 365 * 86_400_000;

/** A root and an intermediate, made by a library that is not ours, as a cluster secret. */
export const makeClusterSecret = async ({
  key = "ec-p256",
  notAfter,
  subject = "CN=Test Intermediate",
}: CaWish = {}): Promise<ClusterSecret> => {
  const notBefore = new Date(Date.now() - 86_400_000);
  const [rootKeys, keys] = [(await makeCsr()).keys, (await makeCsr({ key })).keys];
  const root = await certificate({
    subject: "CN=Test Root",
    issuer: "CN=Test Root",
    keys: rootKeys,
    signer: rootKeys,
    notBefore,
    notAfter: new Date(Date.now() + 10 * YEAR),
  });
  const intermediate = await certificate({
    subject,
    issuer: root.subject,
    keys,
    signer: rootKeys,
    notBefore,
    notAfter: notAfter ?? new Date(Date.now() + YEAR),
  });
  return {
    version: 1,
    certificate: intermediate.toString("pem"),
    privateKey: await exportPrivateKey(keys.privateKey),
    trustBundle: root.toString("pem"),
    tokenKey: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64"),
  };
};

interface CertificateWish {
  readonly subject: string;
  readonly issuer: string;
  readonly keys: CryptoKeyPair;
  readonly signer: CryptoKeyPair;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const certificate = async ({
  subject,
  issuer,
  keys,
  signer,
  notBefore,
  notAfter,
}: CertificateWish): Promise<X509Certificate> =>
  X509CertificateGenerator.create({
    subject,
    issuer,
    notBefore,
    notAfter,
    publicKey: keys.publicKey,
    signingKey: signer.privateKey,
    signingAlgorithm: {
      ...signer.privateKey.algorithm,
      hash: "SHA-256",
    },
    extensions: [
      new BasicConstraintsExtension(true, subject === issuer ? 1 : 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ...(keys === signer ? [] : [await AuthorityKeyIdentifierExtension.create(signer.publicKey)]),
    ],
  });
