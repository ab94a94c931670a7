import "reflect-metadata";
import {
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  type JsonGeneralNames,
} from "@peculiar/x509";

/** A key pair made on the node, and the request that travels. */
export interface KeyAndCsr {
  readonly csrPem: string;
  readonly csrDer: Uint8Array<ArrayBuffer>;
  readonly privateKeyPem: string;
  readonly keys: CryptoKeyPair;
}

const ALGORITHMS = {
  "ec-p256": { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  "ec-p384": { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" },
  "rsa-2048": {
    name: "RSASSA-PKCS1-v1_5",
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: "SHA-256",
  },
} as const;

export interface CsrWish {
  readonly key?: keyof typeof ALGORITHMS;
  /** A key made before, for a second request with it. */
  readonly keys?: CryptoKeyPair;
  readonly commonName?: string;
  readonly names?: JsonGeneralNames;
}

/** Makes a key and a CSR for it with a library that is not ours. */
export const makeCsr = async ({
  key = "ec-p256",
  keys,
  commonName,
  names,
}: CsrWish = {}): Promise<KeyAndCsr> => {
  const algorithm = ALGORITHMS[key];
  const pair = keys ?? (await generateKeys(algorithm));
  const csr = await Pkcs10CertificateRequestGenerator.create({
    ...(commonName === undefined ? {} : { name: `CN=${commonName}` }),
    keys: pair,
    signingAlgorithm: algorithm,
    extensions: names === undefined ? [] : [new SubjectAlternativeNameExtension(names)],
  });
  return {
    csrPem: `${csr.toString("pem")}\n`,
    csrDer: new Uint8Array(csr.rawData),
    privateKeyPem: await exportPrivateKey(pair.privateKey),
    keys: pair,
  };
};

const generateKeys = async (
  algorithm: (typeof ALGORITHMS)[keyof typeof ALGORITHMS],
): Promise<CryptoKeyPair> => {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  if (!("privateKey" in keys)) throw new Error("a signature algorithm gives a key pair");
  return keys;
};

/** PKCS#8 PEM. */
export const exportPrivateKey = async (key: CryptoKey): Promise<string> => {
  const der = Buffer.from((await crypto.subtle.exportKey("pkcs8", key)) as ArrayBuffer);
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`;
};
