import * as z from "zod/mini";
import { JWT_ALGORITHMS, JWT_PRESETS, type JwtTrust } from "../auth/bootstrap.ts";
import { isJsonPointer } from "../auth/json-pointer.ts";
import { parseJwks } from "../auth/jwt/jwk.ts";
import { PRESETS } from "../auth/jwt/presets.ts";
import { address, issuerAddress, nodeTemplate } from "./bootstrap-values.ts";
import { DAY, described, duration } from "./definition-values.ts";

/** One issuer of web tokens, as a definition states its trust in it. */

const claimValue = z.union([z.string(), z.number(), z.boolean()]);

export const claims = z.record(
  z
    .string()
    .check(
      z.refine(isJsonPointer, { error: "must be a JSON Pointer such as /sub or /kubernetes.io/namespace" }),
    ),
  z.union([claimValue, z.array(claimValue).check(z.minLength(1))]),
);

const inlineKeys = z.looseObject({ keys: z.array(z.unknown()) });

/** The address of a key set, or the set itself. */
export const publicKeys = z.union([address, inlineKeys]);

/** One value is a list of one. */
export const claimLists = (pinned: z.output<typeof claims>): JwtTrust["claims"] =>
  new Map(Object.entries(pinned).map(([pointer, value]) => [pointer, [value].flat()]));

export const jwt = z.pipe(
  z.strictObject({
    method: z.literal("jwt"),
    preset: described(
      z.prefault(z.enum(JWT_PRESETS), "oidc"),
      "An issuer that is known here; its issuer, keys and limits need not be given.",
    ),
    issuer: z.optional(issuerAddress),
    audience: described(
      z.optional(z.enum(["csr", "cluster"])),
      "What the token's audience must name: this CSR, or only this cluster (the first use then binds a key).",
    ),
    algorithms: z.optional(z.array(z.enum(JWT_ALGORITHMS)).check(z.minLength(1))),
    jwks: described(z.optional(publicKeys), "Where the issuer's keys are, or the keys themselves."),
    jwksHosts: described(
      z.prefault(z.array(z.string()), []),
      "Hosts beside the issuer's own that may serve its keys.",
    ),
    claims: described(
      z.prefault(claims, {}),
      "What claims must be, by JSON Pointer: a value, or one of a list.",
    ),
    node: nodeTemplate,
    maxLifetime: described(z.optional(duration(60, DAY)), "The most that the token may live."),
  }),
  z.transform((entry, context): JwtTrust & { readonly method: "jwt" } => {
    const preset = PRESETS[entry.preset];
    const complain = (member: string, message: string): void =>
      void context.issues.push({ code: "custom", message, input: entry, path: [member] });
    const issuer = preset.issuer ?? entry.issuer;
    if (issuer === undefined) complain("issuer", "is required");
    if (preset.issuer !== null && entry.issuer !== undefined)
      complain("issuer", `must be left out: the preset ${entry.preset} says it`);
    const jwks = keysOf(entry.jwks, preset.jwks?.(issuer ?? "") ?? null);
    if (jwks === null)
      complain("jwks", "must be the address of the issuer's keys, or a JWK set with a usable public key");
    if (typeof entry.jwks === "string" && !mayServe(entry.jwks, issuer ?? "", entry.jwksHosts))
      complain("jwks", "must be on the issuer's own host or on one of jwksHosts");
    for (const pointer of preset.demands)
      if (!Object.hasOwn(entry.claims, pointer))
        complain("claims", `must say what ${pointer} is: others are customers of this issuer too`);
    if (issuer === undefined || jwks === null) return z.NEVER;
    return {
      method: "jwt",
      preset: entry.preset,
      issuer,
      audience: entry.audience ?? preset.audience,
      algorithms: entry.algorithms ?? preset.algorithms,
      jwks,
      claims: claimLists(entry.claims),
      node: entry.node,
      maxLifetime: entry.maxLifetime ?? preset.maxLifetime,
    };
  }),
);

export const keysOf = (
  given: string | z.output<typeof inlineKeys> | undefined,
  preset: string | null,
): JwtTrust["jwks"] | null => {
  if (typeof given === "string") return { url: given };
  if (given === undefined) return preset === null ? null : { url: preset };
  const inline = parseJwks(given);
  return inline === null ? null : { inline };
};

export const mayServe = (jwks: string, issuer: string, hosts: readonly string[]): boolean => {
  const { host } = new URL(jwks);
  return (URL.canParse(issuer) && new URL(issuer).host === host) || hosts.includes(host);
};
