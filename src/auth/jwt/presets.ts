import type { JwtAlgorithm, JwtPreset } from "../bootstrap.ts";
import { valueAt } from "../json-pointer.ts";
import { ec2Subject, parseInstanceArn } from "../aws-arn.ts";
import type { Claims } from "./claims.ts";

/** What we know of an issuer beforehand. A definition may say `audience`, `algorithms` and `maxLifetime` otherwise. */
export interface Preset {
  /** `null`: the definition says it. */
  readonly issuer: string | null;
  readonly jwks: ((issuer: string) => string) | null;
  readonly audience: "csr" | "cluster";
  readonly algorithms: readonly JwtAlgorithm[];
  /** Seconds. */
  readonly maxLifetime: number;
  /** Claims that the definition must pin: without them, every customer of the issuer would be believed. */
  readonly demands: readonly string[];
  /** Who the token speaks for, unique among all issuers; `null` where its claims do not say. */
  readonly subject: (claims: Claims) => string | null;
}

const HOUR = 3600;
/** The member under which AWS keeps its own claims is itself a URL. */
const AWS = "/https:~1~1sts.amazonaws.com~1";

/** The texts of a subject's parts, joined by colons; `null` where one is missing or could be mistaken for two. */
const joined = (claims: Claims, prefix: string, ...pointers: readonly string[]): string | null => {
  const parts = pointers.map((pointer) => valueAt(claims, pointer));
  return parts.every((part) => typeof part === "string" && /^[A-Za-z0-9._-]{1,253}$/.test(part))
    ? [prefix, ...parts].join(":")
    : null;
};

const bySub = (claims: Claims): string => `jwt:${claims.iss}#${claims.sub}`;

export const PRESETS: Readonly<Record<JwtPreset, Preset>> = {
  oidc: {
    issuer: null,
    jwks: null,
    audience: "csr",
    algorithms: ["RS256", "ES256"],
    maxLifetime: HOUR,
    demands: [],
    subject: bySub,
  },
  /** Instance identity tokens of the metadata server, `format=full`. */
  google: {
    issuer: "https://accounts.google.com",
    jwks: () => "https://www.googleapis.com/oauth2/v3/certs",
    audience: "csr",
    algorithms: ["RS256"],
    maxLifetime: HOUR + 100,
    demands: ["/google/compute_engine/project_id"],
    subject: (claims) =>
      joined(claims, "gcp", "/google/compute_engine/project_id", "/google/compute_engine/instance_id"),
  },
  /** Projected service account tokens. A pod that is made again under its name (StatefulSet) is the same subject. */
  kubernetes: {
    issuer: null,
    jwks: null,
    audience: "cluster",
    algorithms: ["RS256", "ES256"],
    maxLifetime: 2 * HOUR,
    demands: ["/kubernetes.io/namespace", "/kubernetes.io/serviceaccount/name"],
    subject: (claims) =>
      joined(claims, `kubernetes:${claims.iss}`, "/kubernetes.io/namespace", "/kubernetes.io/pod/name"),
  },
  /** Workflow jobs. The repository by its number: a name can be taken again by somebody else. */
  github: {
    issuer: "https://token.actions.githubusercontent.com",
    jwks: (issuer) => `${issuer}/.well-known/jwks`,
    audience: "csr",
    algorithms: ["RS256"],
    maxLifetime: HOUR,
    demands: ["/repository_id"],
    subject: bySub,
  },
  /** `sts:GetWebIdentityToken` on an EC2 instance: the same subject as the instance's other evidence. */
  "aws-outbound": {
    issuer: null,
    jwks: (issuer) => `${issuer}/.well-known/jwks.json`,
    audience: "csr",
    algorithms: ["RS256", "ES384"],
    maxLifetime: HOUR,
    demands: [`${AWS}/aws_account`],
    subject: (claims) => {
      const arn = valueAt(claims, `${AWS}/ec2_source_instance_arn`);
      const instance = typeof arn === "string" ? parseInstanceArn(arn) : null;
      return instance === null ? null : ec2Subject(instance);
    },
  },
};
