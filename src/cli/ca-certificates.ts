// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 needs the polyfill, and needs it first
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { toHex } from "../bytes.ts";
import { encodePermittedNames } from "../pki/encode-name-constraints.ts";
import { BACKDATE_SECONDS } from "../pki/profile.ts";
import { makeSerial } from "../pki/serial.ts";
import { formatDate } from "../time.ts";
import { algorithmOf, makeKeys, type CaKey, type SigningAlgorithm } from "./ca-keys.ts";

/** What an issuing CA is made from. Times are epoch seconds, lifetimes seconds. */
export interface IssuingRequest {
  readonly cluster: string;
  readonly key: CaKey;
  readonly now: number;
  readonly lifetime: number;
  /** dNSName subtrees that it is held to; `null` for none. */
  readonly permitted: readonly string[] | null;
  readonly random: (length: number) => Uint8Array<ArrayBuffer>;
}

export interface CeremonyRequest extends IssuingRequest {
  readonly rootLifetime: number;
}

/** One CA, ready to sign. */
export interface Ca {
  readonly certificate: x509.X509Certificate;
  readonly algorithm: SigningAlgorithm;
  readonly privateKey: CryptoKey;
}

/** A root: it signs one intermediate after the other, and nothing else. */
export const makeRoot = async (request: CeremonyRequest): Promise<Ca> => {
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
  return { certificate, algorithm, privateKey: keys.privateKey };
};

/** The intermediate that signs nodes: path length 0. */
export const makeIssuing = async (root: Ca, request: IssuingRequest): Promise<Ca> => {
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
  return { certificate, algorithm: algorithmOf(request.key), privateKey: keys.privateKey };
};

/** Valid from a little before now, as every certificate of ours, and to the last second that is meant (RFC 5280 §4.1.2.5). */
const commonFields = ({ now, random }: IssuingRequest, lifetime: number) => ({
  serialNumber: toHex(makeSerial(random)),
  notBefore: new Date((now - BACKDATE_SECONDS) * 1000),
  notAfter: new Date((now - BACKDATE_SECONDS + lifetime - 1) * 1000),
});

/** No two ceremonies give one name: with two keys under one name, peers may build the wrong chain. */
const nameOf = (role: string, { cluster, now, random }: IssuingRequest): x509.Name => {
  const date = formatDate(now);
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
