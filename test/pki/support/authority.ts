import { OID } from "../../../src/pki/der/oids.ts";
import type { Bytes } from "../../../src/pki/der/reader.ts";
import {
  bitString,
  booleanTrue,
  explicit,
  implicit,
  integer,
  namedBits,
  nullValue,
  octetString,
  oid,
  sequence,
  smallInteger,
  time,
} from "../../../src/pki/der/writer.ts";
import { ecdsaToDer } from "../../../src/pki/ecdsa-signature.ts";
import type { IssuingCa } from "../../../src/pki/issuing-ca.ts";
import { loadIssuingCa, type CaMaterial } from "../../../src/pki/load-issuing-ca.ts";
import { writePem } from "../../../src/pki/pem.ts";
import { commonName, requestedExtension } from "./request.ts";
import { exportKey, makeKeyPair, spkiOf, type KeyAlgorithm, type KeyPair } from "./web-crypto.ts";

/** CA certificates of any shape, so that a test changes the one thing that it is about. */
export interface Authority {
  readonly name: Bytes;
  readonly pair: KeyPair;
  readonly algorithm: KeyAlgorithm;
  readonly keyIdentifier: Bytes;
  readonly der: Bytes;
  readonly pem: string;
}

export interface AuthorityParts {
  /** Absent: self-signed. */
  readonly issuer?: Authority;
  readonly name?: Bytes;
  readonly algorithm?: KeyAlgorithm;
  readonly pair?: KeyPair;
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly keyIdentifier?: Bytes;
  /** By identifier; `null` leaves the usual one out. */
  readonly extensions?: Readonly<Record<string, Bytes | null>>;
  readonly version?: 1 | 2 | 3;
  /** Names a signature algorithm other than the one that is used. */
  readonly signatureOid?: string;
}

export const NOW = Date.UTC(2026, 10, 22, 12) / 1000;
const DAY = 86_400;

const SIGNATURES = {
  "P-256": { oid: OID.ecdsaWithSha256, parameters: { name: "ECDSA", hash: "SHA-256" } },
  "P-384": { oid: OID.ecdsaWithSha384, parameters: { name: "ECDSA", hash: "SHA-384" } },
  "P-521": { oid: OID.ecdsaWithSha512, parameters: { name: "ECDSA", hash: "SHA-512" } },
  Ed25519: { oid: OID.ed25519, parameters: { name: "Ed25519" } },
  RSA: { oid: OID.sha256WithRsaEncryption, parameters: { name: "RSASSA-PKCS1-v1_5" } },
} as const satisfies Record<KeyAlgorithm, unknown>;

export const makeAuthority = async (parts: AuthorityParts = {}): Promise<Authority> => {
  const algorithm = parts.algorithm ?? "P-256";
  const pair = parts.pair ?? (await makeKeyPair(algorithm));
  const name = parts.name ?? commonName(parts.issuer === undefined ? "Test Root" : "Test Intermediate");
  const keyIdentifier = parts.keyIdentifier ?? crypto.getRandomValues(new Uint8Array(20));
  const subject = { name, pair, algorithm, keyIdentifier };
  const der = await certify(subject, parts.issuer ?? subject, parts);
  return { ...subject, der, pem: writePem("CERTIFICATE", der) };
};

type Party = Omit<Authority, "der" | "pem">;

const certify = async (subject: Party, issuer: Party, parts: AuthorityParts): Promise<Bytes> => {
  const signature = SIGNATURES[issuer.algorithm];
  const identifier = sequence(
    oid(parts.signatureOid ?? signature.oid),
    ...(issuer.algorithm === "RSA" ? [nullValue()] : []),
  );
  const tbs = sequence(
    ...(parts.version === 1 ? [] : [explicit(0, smallInteger((parts.version ?? 3) - 1))]),
    integer(crypto.getRandomValues(new Uint8Array(16))),
    identifier,
    issuer.name,
    sequence(time(parts.notBefore ?? NOW - DAY), time(parts.notAfter ?? NOW + 365 * DAY)),
    subject.name,
    await spkiOf(subject.pair),
    ...(parts.version === 1 ? [] : [explicit(3, sequence(...extensionsOf(subject, issuer, parts)))]),
  );
  const raw = new Uint8Array(await crypto.subtle.sign(signature.parameters, issuer.pair.privateKey, tbs));
  return sequence(tbs, identifier, bitString(issuer.algorithm.startsWith("P-") ? ecdsaToDer(raw) : raw));
};

const extensionsOf = (
  subject: Party,
  issuer: Party,
  { extensions = {} }: AuthorityParts,
): readonly Bytes[] => {
  const usual: Readonly<Record<string, Bytes | null>> = {
    [OID.basicConstraints]: requestedExtension(OID.basicConstraints, sequence(booleanTrue()), true),
    [OID.keyUsage]: requestedExtension(OID.keyUsage, namedBits(5, 6), true),
    [OID.subjectKeyIdentifier]: requestedExtension(
      OID.subjectKeyIdentifier,
      octetString(subject.keyIdentifier),
    ),
    [OID.authorityKeyIdentifier]: requestedExtension(
      OID.authorityKeyIdentifier,
      sequence(implicit(0, issuer.keyIdentifier)),
    ),
  };
  return Object.values({ ...usual, ...extensions }).filter((extension) => extension !== null);
};

export const privateKeyPem = async ({ pair }: Authority): Promise<string> =>
  writePem("PRIVATE KEY", await exportKey("pkcs8", pair.privateKey));

/** The material of an issuing CA below a root of its own. */
export const makeMaterial = async (parts: AuthorityParts = {}): Promise<CaMaterial> => {
  const root = parts.issuer ?? (await makeAuthority({ algorithm: "P-384" }));
  const issuing = await makeAuthority({ ...parts, issuer: root });
  return { certificate: issuing.pem, privateKey: await privateKeyPem(issuing), trustBundle: root.pem };
};

export const makeIssuingCa = async (parts: AuthorityParts = {}, now = NOW): Promise<IssuingCa> => {
  const ca = await loadIssuingCa(await makeMaterial(parts), now);
  if (!ca.ok) throw new Error(`this CA should have loaded: ${ca.error.detail}`);
  return ca.value;
};
