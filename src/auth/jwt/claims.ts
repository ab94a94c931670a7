import * as z from "zod/mini";
import { lazy } from "../../lazy.ts";
import type { Refusal } from "../../refusal.ts";
import type { JwtTrust } from "../bootstrap.ts";
import { valueAt } from "../json-pointer.ts";

const shortText = () => z.string().check(z.regex(/^[\x20-\x7e]{1,255}$/));

/** The registered claims (RFC 7519 §4.1), each of its own type or refused: a number in quotes is no time. */
const claimsSchema = lazy(() =>
  z.looseObject({
    iss: z.string(),
    sub: shortText(),
    aud: z.union([z.string(), z.array(z.string())]),
    exp: z.int().check(z.positive()),
    iat: z.int().check(z.positive()),
    nbf: z.optional(z.int().check(z.nonnegative())),
    jti: z.optional(shortText()),
    cnf: z.optional(z.unknown()),
  }),
);

export type Claims = z.infer<ReturnType<typeof claimsSchema>>;

export const parseClaims = (claims: unknown): Claims | null => claimsSchema().safeParse(claims).data ?? null;

/** Clocks may differ by this much. */
export const CLOCK_LEEWAY_SECONDS = 60;

/** The audience that a token must name, and the sentence for one that does not. */
export interface DemandedAudience {
  readonly audience: string;
  readonly otherwise: string;
}

/** The first claim that does not hold. The signature does, so the token's owner may know which. */
export const claimDefect = (
  claims: Claims,
  trust: Pick<JwtTrust, "claims" | "maxLifetime">,
  { audience, otherwise }: DemandedAudience,
  now: number,
): Refusal | null => {
  if (!audiencesOf(claims).includes(audience)) return defect("aud", otherwise);
  if (claims.iat > now + CLOCK_LEEWAY_SECONDS || (claims.nbf ?? 0) > now + CLOCK_LEEWAY_SECONDS)
    return defect("iat", "the token is not valid yet; compare the clocks");
  if (claims.exp <= claims.iat || claims.exp - claims.iat > trust.maxLifetime)
    return defect("exp", "the token lives longer than is allowed of its issuer");
  if (claims.exp + CLOCK_LEEWAY_SECONDS < now) return EXPIRED;
  const wrong = [...trust.claims].find(
    ([pointer, allowed]) => !allowed.some((value) => value === valueAt(claims, pointer)),
  );
  return wrong === undefined
    ? null
    : defect(wrong[0], "the claim does not have a value that is demanded here");
};

const audiencesOf = ({ aud }: Claims): readonly string[] => (typeof aud === "string" ? [aud] : aud);

const defect = (field: string, detail: string): Refusal => ({
  code: "credential-invalid",
  field,
  detail,
});

const EXPIRED: Refusal = {
  code: "credential-expired",
  detail: "the token has expired; get a new one from its issuer",
};
