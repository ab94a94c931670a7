import type { JWTPayload } from "jose";
import { SignJWT } from "jose/jwt/sign";
import { fromHex, toBase64Url } from "../bytes.ts";
import { plainAudience } from "./audience.ts";
import type { Pin } from "./principal.ts";
import { TOKEN_ALGORITHM } from "./token.ts";

export interface TokenClaims {
  readonly cluster: string;
  /** Scheme and authority of the API, without a trailing slash. */
  readonly origin: string;
  /** One full node name, or a form such as `rabbit@*.zone`. */
  readonly nodes: { readonly exact: string } | { readonly form: string };
  readonly uses: number;
  /** Seconds. */
  readonly lifetime: number;
  readonly pin: Pin | null;
}

/** Signs a join token. `jti` is 128 random bits as hex; `now` is epoch seconds. The caller has checked the claims against the policy. */
export const mintToken = async (
  claims: TokenClaims,
  tokenKey: CryptoKey,
  now: number,
  jti: string,
): Promise<string> =>
  new SignJWT(payloadOf(claims))
    .setProtectedHeader({ alg: TOKEN_ALGORITHM, typ: "JWT" })
    .setIssuer(claims.cluster)
    .setAudience(plainAudience(claims.origin, claims.cluster))
    .setSubject("exact" in claims.nodes ? claims.nodes.exact : claims.nodes.form)
    .setJti(jti)
    .setIssuedAt(now)
    .setNotBefore(now)
    .setExpirationTime(now + claims.lifetime)
    .sign(tokenKey);

const payloadOf = ({ uses, pin }: TokenClaims): JWTPayload =>
  pin === null ? { uses } : { uses, cnf: "jkt" in pin ? pin : { "csr#S256": base64UrlOfHex(pin.csrSha256) } };

const base64UrlOfHex = (hex: string): string => toBase64Url(fromHex(hex) ?? new Uint8Array());
