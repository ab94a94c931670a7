// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 needs the polyfill, and needs it first
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { toHex } from "../bytes.ts";
import { encodePermittedNames } from "../pki/encode-name-constraints.ts";
import { makeSerial } from "../pki/serial.ts";
import { algorithmOf, makeKeys, type CaKey, type KeyPair, type SigningAlgorithm } from "./ca-keys.ts";

/** What both certificates of a ceremony say. Times are epoch seconds, lifetimes seconds. */
export interface CeremonyRequest {
  readonly cluster: string;
  readonly key: CaKey;
  readonly now: number;
  readonly rootLifetime: number;
  readonly lifetime: number;
  /** dNSName subtrees that the issuing CA is held to; `null` for none. */
  readonly permitted: readonly string[] | null;
  readonly random: (length: number) => Uint8Array<ArrayBuffer>;
}

/** PEM, the key as PKCS#8. */
export interface CaPair {
  readonly certificate: string;
  readonly privateKey: string;
}

/**
 * Makes one cluster's CA: a root to keep offline, and the intermediate that issues (path length 0, so it signs nodes and nothing
 * else). Neither has an extended key usage, and no address is constrained: Erlang refuses the one and dies of the other (`erlang.md` §0).
 */
export const holdCeremony = async (
  request: CeremonyRequest,
): Promise<{ readonly root: CaPair; readonly issuing: CaPair }> => {
  const root = await makeRoot(request);
  return { root: await exportPair(root), issuing: await exportPair(await makeIssuing(root, request)) };
};

interface Pair extends KeyPair {
  readonly certificate: x509.X509Certificate;
  readonly algorithm: SigningAlgorithm;
}

const makeRoot = async (request: CeremonyRequest): Promise<Pair> => {
  const keys = await makeKeys(request.key);
  const algorithm = algorithmOf(request.key);
  const name = nameOf("Root CA", request);
  const certificate = await x509.X509CertificateGenerator.create({
    ...commonFields(request, request.rootLifetime),
    subject: name,
    issuer: name,
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [...caExtensions(1), await x509.SubjectKeyIdentifierExtension.create(keys.publicKey)],
  });
  return { certificate, algorithm, ...keys };
};

const makeIssuing = async (root: Pair, request: CeremonyRequest): Promise<Pair> => {
  const keys = await makeKeys(request.key);
  const certificate = await x509.X509CertificateGenerator.create({
    ...commonFields(request, request.lifetime),
    subject: nameOf("Issuing CA", request),
    // The Name itself: as a string it would be encoded anew, and peers compare bytes (RFC 5280 §4.1.2.4).
    issuer: root.certificate.subjectName,
    publicKey: keys.publicKey,
    signingKey: root.privateKey,
    signingAlgorithm: root.algorithm,
    extensions: [
      ...caExtensions(0),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      new x509.AuthorityKeyIdentifierExtension(keyIdentifierOf(root.certificate)),
      ...nameConstraints(request.permitted),
    ],
  });
  return { certificate, algorithm: algorithmOf(request.key), ...keys };
};

/** Valid from five minutes ago, as every certificate of ours, and to the last second that is meant (RFC 5280 §4.1.2.5). */
const commonFields = ({ now, random }: CeremonyRequest, lifetime: number) => ({
  serialNumber: toHex(makeSerial(random)),
  notBefore: new Date((now - 300) * 1000),
  notAfter: new Date((now - 300 + lifetime - 1) * 1000),
});

/** No two ceremonies give one name: with two keys under one name, peers may build the wrong chain. */
const nameOf = (role: string, { cluster, now, random }: CeremonyRequest): x509.Name => {
  const date = new Date(now * 1000).toISOString().slice(0, 10);
  return new x509.Name([
    { O: [{ utf8String: "Interlock" }] },
    { OU: [{ utf8String: cluster }] },
    { CN: [{ utf8String: `${role} ${date} ${toHex(random(4))}` }] },
  ]);
};

const caExtensions = (pathLength: number): x509.Extension[] => [
  new x509.BasicConstraintsExtension(true, pathLength, true),
  new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
];

/** Critical (RFC 5280 §4.2.1.10). */
const nameConstraints = (permitted: readonly string[] | null): x509.Extension[] =>
  permitted === null ? [] : [new x509.Extension("2.5.29.30", true, encodePermittedNames(permitted))];

/** The root's own value, copied: hashing its key again need not give the same. */
const keyIdentifierOf = (root: x509.X509Certificate): string => {
  const extension = root.getExtension(x509.SubjectKeyIdentifierExtension);
  if (extension === null) throw new Error("the root has no subjectKeyIdentifier");
  return extension.keyId;
};

const exportPair = async ({ certificate, privateKey }: Pair): Promise<CaPair> => {
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", privateKey);
  if (!(pkcs8 instanceof ArrayBuffer)) throw new Error("WebCrypto exports PKCS#8 as bytes");
  return {
    certificate: `${certificate.toString("pem")}\n`,
    privateKey: `${x509.PemConverter.encode(pkcs8, "PRIVATE KEY")}\n`,
  };
};
