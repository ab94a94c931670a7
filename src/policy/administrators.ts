import * as z from "zod/mini";
import { JWT_ALGORITHMS, type AdministratorTrust } from "../auth/bootstrap.ts";
import { utf8 } from "../bytes.ts";
import { err, ok, type Result } from "../result.ts";
import { strictJson } from "../strict-json.ts";
import { claims, claimLists, keysOf, mayServe, publicKeys } from "./bootstrap-jwt.ts";
import { issuerAddress } from "./bootstrap-values.ts";
import { sentence } from "./definition-problem.ts";
import { DAY, duration } from "./definition-values.ts";

/** The variable `ADMINISTRATORS`: issuers whose web tokens administer, such as an access proxy's. Each says which of its users. */
export const administratorsSchema = z.array(
  z.pipe(
    z.strictObject({
      issuer: issuerAddress,
      audience: z.string().check(z.minLength(1)),
      jwks: publicKeys,
      jwksHosts: z.prefault(z.array(z.string()), []),
      algorithms: z.prefault(z.array(z.enum(JWT_ALGORITHMS)).check(z.minLength(1)), ["RS256", "ES256"]),
      claims: claims.check(
        z.refine((pinned) => Object.keys(pinned).length > 0, {
          error: "must say who: every user of the issuer would be an administrator",
        }),
      ),
      maxLifetime: z.prefault(duration(60, DAY), "24h"),
    }),
    z.transform((entry, context): AdministratorTrust => {
      const jwks = keysOf(entry.jwks, null);
      if (jwks === null || ("url" in jwks && !mayServe(jwks.url, entry.issuer, entry.jwksHosts))) {
        context.issues.push({
          code: "custom",
          message: "must be a key set, or its address on the issuer's own host or one of jwksHosts",
          input: entry,
          path: ["jwks"],
        });
        return z.NEVER;
      }
      return { ...entry, jwks, claims: claimLists(entry.claims) };
    }),
  ),
);

/** A variable is text; a JSON variable of the deployment arrives parsed. Refuses with a sentence for each thing that is wrong. */
export const parseAdministrators = (
  variable: unknown,
): Result<readonly AdministratorTrust[], readonly string[]> => {
  const given = typeof variable === "string" ? parsedOrNull(variable) : variable;
  const parsed = administratorsSchema.safeParse(given, { error: sentence });
  return parsed.success ? ok(parsed.data) : err(parsed.error.issues.map(({ message }) => message));
};

const parsedOrNull = (text: string): unknown => {
  const json = strictJson(utf8(text));
  return json.ok ? json.value : null;
};
