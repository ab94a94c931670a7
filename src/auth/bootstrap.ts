import type { Certificate } from "../pki/certificate.ts";
import type { PublicJwk } from "./jwt/jwk.ts";
import type { NodeTemplate } from "../node/node-template.ts";

/** The credentials that a cluster takes for a first certificate, each with its bounds. What is `null` or empty is not taken. */
export interface Bootstrap {
  readonly token: { readonly maxLifetime: number } | null;
  /** One entry an issuer; no issuer twice. */
  readonly jwt: readonly JwtTrust[];
  readonly "aws-sts": StsTrust | null;
  readonly "aws-iid": IidTrust | null;
  readonly "azure-imds": AzureTrust | null;
}

export const NO_BOOTSTRAP: Bootstrap = {
  token: null,
  jwt: [],
  "aws-sts": null,
  "aws-iid": null,
  "azure-imds": null,
};

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

/** Whose web tokens administer a deployment. `audience` is what such a token must be for, whole. */
export interface AdministratorTrust extends Pick<
  JwtTrust,
  "issuer" | "algorithms" | "jwks" | "claims" | "maxLifetime"
> {
  readonly audience: string;
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

/** Whose signed `GetCallerIdentity` a cluster believes. */
export interface StsTrust {
  /** Twelve digits each: every customer of AWS can sign such a call. */
  readonly accounts: readonly string[];
  /** Regions whose STS may be asked. */
  readonly regions: readonly string[];
  /** The node's name from `/instanceId`, for the identity role that every instance has. `null`: that role is not taken. */
  readonly node: NodeTemplate | null;
  /** Node names by the whole ARN of a role, `arn:aws:sts::111122223333:assumed-role/NAME`. */
  readonly roles: ReadonlyMap<string, string>;
}

/** Whose EC2 instance identity documents a cluster believes. */
export interface IidTrust {
  readonly accounts: readonly string[];
  /** `null`: every region that has a pin. */
  readonly regions: readonly string[] | null;
  /** The node's name from `/instanceId`, `/privateIp` or `/ipName` (`ip-10-20-0-11`). */
  readonly node: NodeTemplate;
  /** Seconds after its start in which an instance may bind a key. */
  readonly maxInstanceAge: number;
  /** Whether an instance that was stopped and started again may bind another key. */
  readonly rebindAfterRestart: boolean;
  /** Who signs for a region; nobody signs for two. */
  readonly pins: readonly RegionPin[];
}

export interface RegionPin {
  readonly region: string;
  readonly certificate: Certificate;
}

/** Whose Azure attested documents a cluster believes. */
export interface AzureTrust {
  readonly subscriptions: readonly string[];
  /** The node's name from the members of the document, such as `/vmId`. */
  readonly node: NodeTemplate;
  /** The CAs that may have issued the signer's certificate. Nothing is fetched to find another. */
  readonly pins: readonly Certificate[];
}
