import * as z from "zod/mini";
import { fromBase64Url } from "../../bytes.ts";
import { strictJson } from "../../strict-json.ts";

/** A compact JWS (RFC 7515 §7.1), read strictly and not yet verified: good for choosing whose keys may verify it, and for nothing else. */
export interface UnverifiedToken {
  readonly compact: string;
  readonly alg: string;
  readonly kid: string | null;
  readonly claims: Readonly<Record<string, unknown>>;
}

/**
 * `jku`, `x5u`, `jwk` and `x5c` say where a key might come from: they are not even read (RFC 8725 §3.10). `crit` asks for extensions;
 * we have none (RFC 7515 §4.1.11).
 */
const headerSchema = z.object({
  alg: z.string(),
  kid: z.optional(z.string().check(z.minLength(1), z.maxLength(256))),
  crit: z.optional(z.undefined()),
  b64: z.optional(z.undefined()),
});

const claimsSchema = z.record(z.string(), z.unknown());

/** `null` for anything that is not three parts of canonical base64url, two of them JSON objects without a doubled member. */
export const readCompact = (compact: string): UnverifiedToken | null => {
  const [header, claims, signature, ...more] = compact.split(".", 4).map(fromBase64Url);
  if (!header || !claims || !signature || signature.length === 0 || more.length > 0) return null;
  const [head, body] = [strictJson(header), strictJson(claims)];
  if (!head.ok || !body.ok) return null;
  const parsed = headerSchema.safeParse(head.value);
  const object = claimsSchema.safeParse(body.value);
  if (!parsed.success || !object.success) return null;
  return { compact, alg: parsed.data.alg, kid: parsed.data.kid ?? null, claims: object.data };
};
