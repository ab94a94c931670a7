import { sha256Hex, utf8 } from "../bytes.ts";
import { ok, type Result } from "../result.ts";
import { isSelfIssued, readCaCertificate, type CaCertificate } from "./ca-certificate.ts";
import { followChain } from "./ca-chain.ts";
import { defect, type CaDefect } from "./ca-defect.ts";
import type { CaSignature, IssuingCa } from "./issuing-ca.ts";
import type { KeyType } from "./key.ts";
import { nameHash } from "./name-hash.ts";
import { readPem, writePem } from "./pem.ts";
import { importSigningKey } from "./private-key.ts";
import { CA_SIGNATURES } from "./profile.ts";
import { importPublicKey, signatureParameters } from "./verify-signature.ts";

export type { CaDefect } from "./ca-defect.ts";

/** The part of a cluster secret that makes a CA; all PEM. */
export interface CaMaterial {
  /** The issuing CA, then any further intermediates, leaf-most first. A root at the end that is trusted anyway is left out. */
  readonly certificate: string;
  readonly privateKey: string;
  /** Every root that peers must trust now. */
  readonly trustBundle: string;
}

/** The profile has no signature for a P-521 CA, because no cluster needs one. */
const SIGNATURE_OF: Readonly<Record<KeyType, CaSignature | null>> = {
  "ec-p256": "ecdsa-p256-sha256",
  "ec-p384": "ecdsa-p384-sha384",
  "ec-p521": null,
  ed25519: "ed25519",
  "rsa-2048": "rsa-sha256",
  "rsa-3072": "rsa-sha256",
  "rsa-4096": "rsa-sha256",
};

/**
 * Makes an issuing CA from its material, or says what is wrong with it (docs: the cluster secret, "At load").
 *
 * The issuer must be an intermediate: a root that is used every day cannot be replaced without touching every node.
 * `validity` (too early or too late) is the one defect that time alone can mend or cause.
 */
export const loadIssuingCa = async (
  material: CaMaterial,
  now: number,
): Promise<Result<IssuingCa, CaDefect>> => {
  const roots = readRoots(material.trustBundle);
  if (!roots.ok) return roots;
  const chain = readChain(material.certificate, roots.value);
  if (!chain.ok) return chain;
  const limits = await followChain(chain.value.all, roots.value, now);
  if (!limits.ok) return limits;
  const keys = await loadKeys(material.privateKey, chain.value.issuer);
  if (!keys.ok) return keys;
  const { certificate, key } = chain.value.issuer;
  const hash = await nameHash(certificate.tbs.subject);
  if (hash === null) return defect("malformed", "the issuing CA's subject is not a well-formed name");
  return ok({
    certificate: certificate.der,
    subject: certificate.tbs.subject,
    nameHash: hash,
    keyIdentifier: chain.value.keyIdentifier,
    spkiSha256: await sha256Hex(key.spki),
    keyType: key.type,
    ...keys.value,
    ...limits.value,
    root: await fingerprint(limits.value.root),
    trustedRoots: await Promise.all(roots.value.map(fingerprint)),
    chainPem: toPem(chain.value.all),
    trustBundlePem: toPem(roots.value),
  });
};

const readRoots = (pem: string): Result<readonly CaCertificate[], CaDefect> => {
  const roots = readCaCertificates(pem, "the trust bundle");
  if (!roots.ok) return roots;
  return roots.value.every(isSelfIssued)
    ? ok(withoutDuplicates(roots.value))
    : defect(
        "chain",
        "the trust bundle holds a certificate that is not a root: intermediates belong into the chain",
      );
};

/** A root that is there twice is one root: a rotation counts them. */
const withoutDuplicates = (roots: readonly CaCertificate[]): readonly CaCertificate[] => [
  ...new Map(roots.map((root) => [pemOf(root), root])).values(),
];

interface Chain {
  readonly issuer: CaCertificate;
  readonly keyIdentifier: Uint8Array<ArrayBuffer>;
  readonly all: readonly CaCertificate[];
}

const readChain = (pem: string, roots: readonly CaCertificate[]): Result<Chain, CaDefect> => {
  const certificates = readCaCertificates(pem, "the certificate chain");
  if (!certificates.ok) return certificates;
  const trusted = new Set(roots.map(pemOf));
  const all = certificates.value.filter(
    (ca, i) => i === 0 || i < certificates.value.length - 1 || !trusted.has(pemOf(ca)),
  );
  const [issuer] = all;
  if (issuer === undefined || isSelfIssued(issuer)) return defect("chain", ROOT_AS_ISSUER);
  if (!issuer.keyUsage.includes("cRLSign"))
    return defect("not-ca", "the issuing CA's keyUsage does not have cRLSign");
  const keyIdentifier = issuer.subjectKeyIdentifier;
  if (keyIdentifier === null)
    return defect("not-ca", "the issuing CA has no subjectKeyIdentifier (RFC 5280 §4.2.1.2)");
  return ok({ issuer, keyIdentifier, all });
};

const readCaCertificates = (pem: string, where: string): Result<readonly CaCertificate[], CaDefect> => {
  const blocks = readPem(pem, "blank");
  if (!blocks.ok) return defect("malformed", `${where} is not clean PEM: ${blocks.error}`);
  if (blocks.value.length === 0) return defect("chain", `${where} is empty`);
  const certificates: CaCertificate[] = [];
  for (const { label, der } of blocks.value) {
    if (label !== "CERTIFICATE")
      return defect("chain", `${where} holds a PEM block that is not a certificate: take it out`);
    const ca = readCaCertificate(der);
    if (!ca.ok) return ca;
    certificates.push(ca.value);
  }
  return ok(certificates);
};

type Keys = Pick<IssuingCa, "signature" | "signingKey" | "publicKey">;

const loadKeys = async (privateKey: string, { key }: CaCertificate): Promise<Result<Keys, CaDefect>> => {
  const signature = SIGNATURE_OF[key.type];
  if (signature === null)
    return defect("weak-ca", "an issuing CA may not have a P-521 key: use P-256 or P-384");
  const { algorithm } = CA_SIGNATURES[signature];
  const signingKey = await importSigningKey(privateKey, key, algorithm);
  if (!signingKey.ok) return signingKey;
  const keys = { signature, signingKey: signingKey.value, publicKey: await importPublicKey(key, algorithm) };
  return (await belongTogether(keys))
    ? ok(keys)
    : defect("key-mismatch", "the private key does not belong to the certificate");
};

/** The only proof that counts: what the one signs, the other verifies. */
const belongTogether = async ({ signature, signingKey, publicKey }: Keys): Promise<boolean> => {
  const parameters = signatureParameters(CA_SIGNATURES[signature].algorithm);
  const message = utf8("interlock: does this key belong to this certificate?");
  const proof = await crypto.subtle.sign(parameters, signingKey, message);
  return crypto.subtle.verify(parameters, publicKey, proof, message);
};

const fingerprint = ({ certificate }: CaCertificate): Promise<string> => sha256Hex(certificate.der);

const pemOf = ({ certificate }: CaCertificate): string => writePem("CERTIFICATE", certificate.der);

const toPem = (certificates: readonly CaCertificate[]): string => certificates.map(pemOf).join("");

const ROOT_AS_ISSUER =
  "a self-signed root must not issue: sign an intermediate with it, and give the intermediate first";
