import { compactVerify } from "jose/jws/compact/verify";
import { importJWK } from "jose/key/import";
import * as z from "zod/mini";
import { lazy } from "../lazy.ts";
import { sha256Hex } from "../bytes.ts";
import { fillNodeTemplate } from "../node/node-template.ts";
import { refuse, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";
import { csrAudience, plainAudience } from "./audience.ts";
import type { AuthenticationContext, Authenticator } from "./authenticator.ts";
import type { JwtAlgorithm, JwtTrust } from "./bootstrap.ts";
import { INVALID_CREDENTIAL } from "./credential.ts";
import { isDigest } from "./digest.ts";
import { valueAt } from "./json-pointer.ts";
import { claimDefect, parseClaims, type Claims, type DemandedAudience } from "./jwt/claims.ts";
import { readCompact, type UnverifiedToken } from "./jwt/compact.ts";
import type { PublicJwk } from "./jwt/jwk.ts";
import type { JwksSource } from "./jwt/jwks-source.ts";
import { PRESETS } from "./jwt/presets.ts";
import { FIRST_USE, type Pin, type Principal } from "./principal.ts";

/**
 * Web tokens of the issuers that the cluster's definition trusts (OIDC): cloud instances, pods, workflow jobs. The issuer's name only
 * chooses whose keys may verify; the algorithm is one of the definition's, and no header says where a key comes from.
 */
export const webTokens = (source: JwksSource): Authenticator => ({
  authenticate: async (credential, context) => {
    const trusted = context.cluster.bootstrap.jwt;
    // Join tokens are bearers too, and most clusters trust no issuer: then none is read twice.
    if (credential.scheme !== "bearer" || trusted.length === 0) return null;
    const token = readCompact(credential.token);
    const trust = trusted.find(({ issuer }) => issuer === token?.claims["iss"]);
    if (token === null || trust === undefined) return null;
    const claims = await verifiedClaims(token, trust, source, context.now);
    return claims.ok ? principalOf(claims.value, trust, context) : claims;
  },
});

/** The claims of a token that its issuer signed. Strangers hear one sentence, whatever fails. */
export const verifiedClaims = async (
  token: UnverifiedToken,
  trust: Pick<JwtTrust, "issuer" | "algorithms" | "jwks">,
  source: JwksSource,
  now: number,
): Promise<Result<Claims, Refusal>> => {
  const algorithm = trust.algorithms.find((allowed) => allowed === token.alg);
  if (algorithm === undefined) return invalid(INVALID_CREDENTIAL);
  const key = await source.find(trust, token.kid, now);
  if (!key.ok) return key;
  if (key.value === null || !(await signatureHolds(token, key.value, algorithm)))
    return invalid(INVALID_CREDENTIAL);
  const claims = parseClaims(token.claims);
  return claims === null
    ? invalid(
        "a registered claim of the token (iss, sub, aud, exp, iat, nbf, jti) is missing or has a wrong type",
      )
    : ok(claims);
};

/** A key that names its algorithm verifies no other: RS256, RS384 and PS256 share keys, and a downgrade is a downgrade. */
const signatureHolds = async (
  { compact }: UnverifiedToken,
  { alg, key }: PublicJwk,
  algorithm: JwtAlgorithm,
): Promise<boolean> => {
  if (alg !== null && alg !== algorithm) return false;
  try {
    const { kty = "", ...members } = key;
    await compactVerify(compact, await importJWK({ ...members, kty }, algorithm), {
      algorithms: [algorithm],
    });
    return true;
  } catch {
    // Every failure of the signature, the key or the encoding is the same to a stranger.
    return false;
  }
};

const principalOf = async (
  claims: Claims,
  trust: JwtTrust,
  { cluster, origin, csr, now }: AuthenticationContext,
): Promise<Result<Principal, Refusal>> => {
  const defect = claimDefect(claims, trust, await audienceOf(trust, origin, cluster.id, csr), now);
  if (defect !== null) return refuse(defect);
  const subject = PRESETS[trust.preset].subject(claims);
  if (subject === null) return invalid("the token does not say which instance or pod it speaks for");
  const node = fillNodeTemplate(trust.node, (pointer) => valueAt(claims, pointer));
  if (node === null)
    return invalid("the token's claims do not make a node name; each must be one label in lower case");
  const pin = pinOf(claims);
  if (pin === undefined)
    return invalid("the token is confirmed (cnf) in a way that is not known here: by cnf.jkt alone");
  const id = trust.audience === "csr" ? subject : await tokenId(claims);
  if (id === null) return invalid("the token has no jti, and without one its use cannot be counted");
  return ok({
    kind: "jwt",
    id,
    nodes: { exact: node.text },
    subject,
    binding: trust.audience === "csr" ? { kind: "csr" } : FIRST_USE,
    uses: 1,
    expiresAt: claims.exp,
    expired: false,
    pin,
  });
};

/** An issuer may bind its token to the node's key (RFC 7800): then it is good for no other. `undefined`: in a way that we do not know. */
const pinOf = ({ cnf }: Claims): Pin | null | undefined => {
  if (cnf === undefined) return null;
  return confirmation().safeParse(cnf).data;
};

const confirmation = lazy(() => z.strictObject({ jkt: z.string().check(z.refine(isDigest)) }));

const audienceOf = async (
  trust: JwtTrust,
  origin: string,
  cluster: string,
  csr: Uint8Array<ArrayBuffer>,
): Promise<DemandedAudience> =>
  trust.audience === "csr"
    ? { audience: await csrAudience(origin, cluster, csr), otherwise: NOT_FOR_THIS_CSR }
    : { audience: plainAudience(origin, cluster), otherwise: NOT_FOR_THIS_CLUSTER };

const NOT_FOR_THIS_CSR =
  "the token's audience is not this API's address of this cluster with the digest of this CSR: …/v1/clusters/{cluster}/csr/{base64url SHA-256 of the DER}";
const NOT_FOR_THIS_CLUSTER =
  "the token's audience is not this API's address of this cluster: …/v1/clusters/{cluster}";

/** An issuer's `jti` is unique among its own tokens; a digest keeps foreign text out of the ledger. */
const tokenId = async ({ iss, jti }: Claims): Promise<string | null> =>
  jti === undefined ? null : `jwt:${await sha256Hex(JSON.stringify([iss, jti]))}`;

const invalid = (detail: string): Result<never, Refusal> => refuse({ code: "credential-invalid", detail });
