import { equalBytes } from "../bytes.ts";
import { ok, type Result } from "../result.ts";
import { isSelfIssued, type CaCertificate } from "./ca-certificate.ts";
import { defect, type CaDefect } from "./ca-defect.ts";
import { verifySignedBy } from "./certificate.ts";
import { intersect, UNCONSTRAINED, type NameConstraints } from "./name-constraints.ts";

/** What a whole chain allows, from the issuing CA to its root. */
export interface ChainLimits {
  /** Where it ends: one of the roots. */
  readonly root: CaCertificate;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly nameConstraints: NameConstraints;
}

/**
 * Follows a chain, leaf-most first, to one of the roots: each certificate names the next as its issuer byte for byte and is
 * signed by it, all are valid now, and no pathLenConstraint is exceeded (RFC 5280 §6.1). Two roots of one name are tried both.
 */
export const followChain = async (
  chain: readonly CaCertificate[],
  roots: readonly CaCertificate[],
  now: number,
): Promise<Result<ChainLimits, CaDefect>> => {
  if (chain.some(({ certificate }) => certificate.algorithm === null))
    return defect("weak-ca", WEAK_SIGNATURE);
  const path = [...chain];
  for (const [i, ca] of chain.entries()) {
    const next = chain[i + 1];
    const issuer = await findIssuer(ca, next === undefined ? roots : [next]);
    if (issuer === null) return defect("chain", next === undefined ? NO_ROOT : BROKEN);
    if (next === undefined) path.push(issuer);
  }
  if (path.some((ca, below) => !allowsBelow(ca, path.slice(0, below)))) return defect("chain", TOO_LONG);
  if (!path.every(({ certificate: { tbs } }) => tbs.notBefore <= now && now <= tbs.notAfter))
    return defect("validity", NOT_VALID);
  const root = path.at(-1);
  return root === undefined ? defect("chain", NO_ROOT) : ok({ root, ...limitsOf(path) });
};

const findIssuer = async (
  ca: CaCertificate,
  candidates: readonly CaCertificate[],
): Promise<CaCertificate | null> => {
  for (const candidate of candidates) if (await isIssuedBy(ca, candidate)) return candidate;
  return null;
};

const isIssuedBy = async (ca: CaCertificate, issuer: CaCertificate): Promise<boolean> =>
  equalBytes(ca.certificate.tbs.issuer, issuer.certificate.tbs.subject) &&
  identifiersAgree(ca.authorityKeyIdentifier, issuer.subjectKeyIdentifier) &&
  (await verifySignedBy(ca.certificate, issuer.key));

/** Peers that find both compare them (OpenSSL: authority and subject key identifier mismatch). */
const identifiersAgree = (authority: Uint8Array | null, subject: Uint8Array | null): boolean =>
  authority === null || subject === null || equalBytes(authority, subject);

/** Self-issued certificates, as in a key rollover, do not count (RFC 5280 §6.1.4 (l)). */
const allowsBelow = ({ pathLength }: CaCertificate, below: readonly CaCertificate[]): boolean =>
  pathLength === null || below.filter((ca) => !isSelfIssued(ca)).length <= pathLength;

const limitsOf = (path: readonly CaCertificate[]): Omit<ChainLimits, "root"> => ({
  notBefore: Math.max(...path.map(({ certificate }) => certificate.tbs.notBefore)),
  notAfter: Math.min(...path.map(({ certificate }) => certificate.tbs.notAfter)),
  nameConstraints: path.map(({ nameConstraints }) => nameConstraints).reduce(intersect, UNCONSTRAINED),
});

const WEAK_SIGNATURE =
  "a certificate of the chain is not signed with ECDSA, RSA PKCS#1 v1.5 or Ed25519 and SHA-256, SHA-384 or SHA-512";
const BROKEN =
  "a certificate of the chain is not issued by the next one: give the issuing CA first, then its issuers in order";
const NO_ROOT = "the chain does not end at a root of the trust bundle";
const TOO_LONG = "the chain has more CAs than a pathLenConstraint in it allows";
const NOT_VALID = "a certificate of the chain or its root is not valid yet or has expired";
