import * as z from "zod/mini";
import { lazy } from "../../lazy.ts";
import { fromBase64Url } from "../../bytes.ts";

/** A public key of an issuer that may verify signatures; nothing else that a key set holds gets this far. */
export interface PublicJwk {
  readonly kid: string | null;
  readonly alg: string | null;
  readonly key: Readonly<Record<string, string>>;
}

/** More than any issuer has alive at once. */
const MAX_KEYS = 100;
const MIN_RSA_BYTES = 256;
/** 65537, the only exponent that issuers use: 1 verifies everything, and 3 forgives bad padding. */
const RSA_EXPONENT = "AQAB";

const common = () => ({
  kid: z.optional(z.string().check(z.minLength(1), z.maxLength(256))),
  alg: z.optional(z.string()),
  use: z.optional(z.literal("sig")),
  key_ops: z.optional(z.array(z.string()).check(z.refine((operations) => operations.includes("verify")))),
});

const coordinate = () => z.string().check(z.refine((text) => fromBase64Url(text) !== null));

const keySchema = lazy(() =>
  z.discriminatedUnion("kty", [
    z.object({
      ...common(),
      kty: z.literal("RSA"),
      n: z.string().check(z.refine((text) => (fromBase64Url(text)?.length ?? 0) >= MIN_RSA_BYTES)),
      e: z.literal(RSA_EXPONENT),
    }),
    z.object({
      ...common(),
      kty: z.literal("EC"),
      crv: z.enum(["P-256", "P-384", "P-521"]),
      x: coordinate(),
      y: coordinate(),
    }),
    z.object({ ...common(), kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: coordinate() }),
  ]),
);

const setSchema = lazy(() =>
  z.object({ keys: z.array(z.unknown()).check(z.minLength(1), z.maxLength(MAX_KEYS)) }),
);

/**
 * The keys of a JWK set (RFC 7517 §5) that may verify signatures; keys for other uses, of other kinds or too weak are left out, private
 * members too. `null` for what is no key set or has no such key.
 */
export const parseJwks = (json: unknown): readonly PublicJwk[] | null => {
  const set = setSchema().safeParse(json);
  if (!set.success) return null;
  const keys = set.data.keys.flatMap((candidate) => {
    const key = keySchema().safeParse(candidate);
    return key.success ? [publicJwk(key.data)] : [];
  });
  return keys.length === 0 ? null : keys;
};

const publicJwk = ({ kid, alg, ...members }: z.infer<ReturnType<typeof keySchema>>): PublicJwk => ({
  kid: kid ?? null,
  alg: alg ?? null,
  key: numbersOf(members),
});

type Numbers =
  | { readonly kty: "RSA"; readonly n: string; readonly e: string }
  | { readonly kty: "EC"; readonly crv: string; readonly x: string; readonly y: string }
  | { readonly kty: "OKP"; readonly crv: string; readonly x: string };

/** `use` and `key_ops` were judged here; a second judge could only disagree. */
const numbersOf = (key: Numbers): PublicJwk["key"] => {
  if (key.kty === "RSA") return { kty: key.kty, n: key.n, e: key.e };
  if (key.kty === "EC") return { kty: key.kty, crv: key.crv, x: key.x, y: key.y };
  return { kty: key.kty, crv: key.crv, x: key.x };
};

/** The key that a header names; without a `kid`, the only one there is. Two of one name are none: which one counts would be a guess. */
export const selectJwk = (keys: readonly PublicJwk[], kid: string | null): PublicJwk | null => {
  const named = kid === null ? keys : keys.filter((key) => key.kid === kid);
  return named.length === 1 ? (named[0] ?? null) : null;
};
