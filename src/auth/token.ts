import { compactVerify } from "jose/jws/compact/verify";
import * as z from "zod/mini";
import { fromBase64Url, toHex } from "../bytes.ts";
import { parseNodeName } from "../node/node-name.ts";
import { parseNodeForm } from "../node/node-form.ts";
import { refuse, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";
import { plainAudience } from "./audience.ts";
import type { AuthenticationContext, Authenticator } from "./authenticator.ts";
import { INVALID_CREDENTIAL, type Credential } from "./credential.ts";
import { isDigest } from "./digest.ts";
import { FIRST_USE, type Pin, type Principal } from "./principal.ts";

/** Node clocks and ours may differ by this much. */
const CLOCK_LEEWAY_SECONDS = 60;
export const TOKEN_ALGORITHM = "HS256";

/** Join tokens: JWTs that the cluster's own token key signed. The algorithm is ours, never the header's. */
export const joinTokens: Authenticator = {
  authenticate: async (credential, context) => {
    if (context.cluster.bootstrap.token === null || !("token" in credential)) return null;
    const claims = await verifiedClaims(credential.token, context.tokenKey);
    if (claims === null) return refuse({ code: "credential-invalid", detail: INVALID_CREDENTIAL });
    return principalOf(claims, credential, context, context.cluster.bootstrap.token.maxLifetime);
  },
};

/** SHA-256 in base64url. */
const digest = z.string().check(z.refine(isDigest));

const claimsSchema = z.strictObject({
  iss: z.string(),
  aud: z.string(),
  sub: z.string().check(z.maxLength(255)),
  jti: z.string().check(z.regex(/^[0-9a-f]{32}$/)),
  iat: z.int().check(z.nonnegative()),
  nbf: z.int().check(z.nonnegative()),
  exp: z.int().check(z.nonnegative()),
  uses: z.int().check(z.minimum(1)),
  cnf: z.optional(z.union([z.strictObject({ "csr#S256": digest }), z.strictObject({ jkt: digest })])),
});

type Claims = z.infer<typeof claimsSchema>;

const verifiedClaims = async (token: string, key: CryptoKey): Promise<Claims | null> => {
  try {
    const { payload } = await compactVerify(token, key, { algorithms: [TOKEN_ALGORITHM] });
    // What our own key signed is ours, so a payload of another shape is a forgery or a bug: refused alike.
    return claimsSchema.safeParse(JSON.parse(new TextDecoder().decode(payload))).data ?? null;
  } catch {
    // Every failure of the signature, the header or the encoding is the same to a stranger.
    return null;
  }
};

const principalOf = (
  claims: Claims,
  credential: Credential,
  context: AuthenticationContext,
  maxLifetime: number,
): Result<Principal, Refusal> => {
  const defect = claimDefect(claims, context, maxLifetime);
  if (defect !== null) return refuse({ code: "credential-invalid", detail: defect });
  if (credential.scheme === "basic" && credential.node !== context.node) {
    return refuse({
      code: "credential-invalid",
      detail: "the user name is not the node name of the request",
    });
  }
  const nodes = nodesOf(claims.sub);
  if (nodes === null)
    return refuse({ code: "credential-invalid", detail: "the token's subject is no node name" });
  return ok({
    kind: "token",
    id: `jti:${claims.jti}`,
    nodes,
    subject: null,
    binding: FIRST_USE,
    uses: claims.uses,
    expiresAt: claims.exp,
    expired: context.now > claims.exp + CLOCK_LEEWAY_SECONDS,
    pin: pinOf(claims.cnf),
  });
};

/** The first claim that does not hold, as a sentence. The signature holds, so its owner may know which. */
const claimDefect = (
  claims: Claims,
  { cluster, origin, now }: AuthenticationContext,
  maxLifetime: number,
): string | null => {
  if (claims.iss !== cluster.id) return "the token was issued for another cluster";
  if (claims.aud !== plainAudience(origin, cluster.id))
    return "the token's audience is not this API's address of this cluster";
  if (claims.iat > now + CLOCK_LEEWAY_SECONDS || claims.nbf > now + CLOCK_LEEWAY_SECONDS)
    return "the token is not valid yet; compare the clocks";
  if (claims.exp <= claims.iat || claims.exp - claims.iat > maxLifetime)
    return "the token lives longer than this cluster allows";
  return null;
};

const nodesOf = (subject: string): Principal["nodes"] | null => {
  if (parseNodeName(subject).ok) return { exact: subject };
  const form = parseNodeForm(subject);
  return form === null ? null : { form };
};

const pinOf = (cnf: Claims["cnf"]): Pin | null => {
  if (cnf === undefined) return null;
  return "jkt" in cnf ? cnf : { csrSha256: hexOfBase64Url(cnf["csr#S256"]) };
};

const hexOfBase64Url = (text: string): string => toHex(fromBase64Url(text) ?? new Uint8Array());
