import type { PublicJwk } from "./jwt/jwk.ts";
import type { NodeTemplate } from "../node/node-template.ts";

/** The credentials that a cluster takes for a first certificate, each with its bounds. What is `null` or empty is not taken. */
export interface Bootstrap {
  readonly token: { readonly maxLifetime: number } | null;
  /** One entry an issuer; no issuer twice. */
  readonly jwt: readonly JwtTrust[];
}

/** What a cluster believes of one issuer of JSON web tokens (OIDC). Durations are seconds. */
export interface JwtTrust {
  readonly preset: JwtPreset;
  /** Compared as text, whole: an issuer is never matched by prefix or pattern (CVE-2026-22772). */
  readonly issuer: string;
  /** `csr`: the token's audience must name the very CSR. `cluster`: it names the cluster, and the first use binds a key. */
  readonly audience: "csr" | "cluster";
  readonly algorithms: readonly JwtAlgorithm[];
  readonly jwks: { readonly url: string } | { readonly inline: readonly PublicJwk[] };
  /** Claims by their JSON Pointer (RFC 6901): each must be exactly one of the values. */
  readonly claims: ReadonlyMap<string, readonly ClaimValue[]>;
  readonly node: NodeTemplate;
  /** The most that `exp` may lie after `iat`. */
  readonly maxLifetime: number;
}

export type ClaimValue = string | number | boolean;

/** Asymmetric only: a shared secret that verifies is a shared secret that forges (RFC 8725 §2.1). */
export const JWT_ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
] as const;

export type JwtAlgorithm = (typeof JWT_ALGORITHMS)[number];

/** Issuers whose tokens we know: what they are called, how long they live, and which of their claims are an identity. */
export const JWT_PRESETS = ["oidc", "google", "kubernetes", "github", "aws-outbound"] as const;

export type JwtPreset = (typeof JWT_PRESETS)[number];
