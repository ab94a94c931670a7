import * as z from "zod";
import type { JwtTrust } from "../bootstrap.ts";
import { valueAt } from "../json-pointer.ts";

/** The registered claims (RFC 7519 §4.1), each of its own type or refused: a number in quotes is no time. */
const claimsSchema = z.looseObject({
  iss: z.string(),
  sub: z.string().regex(/^[\x20-\x7e]{1,255}$/),
  aud: z.union([z.string(), z.array(z.string())]),
  exp: z.int().positive(),
  iat: z.int().positive(),
  nbf: z.int().nonnegative().optional(),
  jti: z
    .string()
    .regex(/^[\x20-\x7e]{1,255}$/)
    .optional(),
});

export type Claims = z.infer<typeof claimsSchema>;

export const parseClaims = (claims: unknown): Claims | null => claimsSchema.safeParse(claims).data ?? null;

/** Clocks may differ by this much. */
export const CLOCK_LEEWAY_SECONDS = 60;

export type ClaimDefect =
  { readonly detail: string; readonly field?: string } | { readonly expired: true; readonly detail: string };

/** The first claim that does not hold. The signature does, so the token's owner may know which. `audience` is the one that we demand. */
export const claimDefect = (
  claims: Claims,
  trust: JwtTrust,
  audience: string,
  now: number,
): ClaimDefect | null => {
  if (!audiencesOf(claims).includes(audience))
    return { field: "aud", detail: AUDIENCE_DETAIL[trust.audience] };
  if (claims.iat > now + CLOCK_LEEWAY_SECONDS || (claims.nbf ?? 0) > now + CLOCK_LEEWAY_SECONDS)
    return { field: "iat", detail: "the token is not valid yet; compare the clocks" };
  if (claims.exp <= claims.iat || claims.exp - claims.iat > trust.maxLifetime)
    return { field: "exp", detail: "the token lives longer than this cluster allows of its issuer" };
  if (claims.exp + CLOCK_LEEWAY_SECONDS < now)
    return { expired: true, detail: "the token has expired; get a new one from its issuer" };
  const wrong = [...trust.claims].find(
    ([pointer, allowed]) => !allowed.some((v) => v === valueAt(claims, pointer)),
  );
  return wrong === undefined
    ? null
    : { field: wrong[0], detail: "the claim does not have a value that the cluster's definition demands" };
};

const audiencesOf = ({ aud }: Claims): readonly string[] => (typeof aud === "string" ? [aud] : aud);

const AUDIENCE_DETAIL = {
  csr: "the token's audience is not this API's address of this cluster with the digest of this CSR: …/v1/clusters/{cluster}/csr/{base64url SHA-256 of the DER}",
  cluster: "the token's audience is not this API's address of this cluster: …/v1/clusters/{cluster}",
} as const;
