import type { EvidenceOf } from "../../src/auth/evidence.ts";

/** What pretends to be a signed `GetCallerIdentity`, and what pretends to be AWS's answer. Each historic bug has its case, by its name. */
export const ACCOUNT = "111122223333";
export const INSTANCE = "i-0123456789abcdef0";
export const ROLE = `arn:aws:sts::${ACCOUNT}:assumed-role/rabbit`;

export type StsHeaders = EvidenceOf<"aws-sts">["headers"];

export interface StsWorld {
  /** Epoch seconds. */
  readonly now: number;
  readonly audience: string;
  readonly csrSha256: string;
}

const SIGNED = "host;x-amz-date;x-amz-security-token;x-interlock-audience;x-interlock-csr-sha256";

/** `20261122T120000Z`. */
const amzDate = (now: number): string => new Date(now * 1000).toISOString().replaceAll(/[-:]|\.000/g, "");

interface Signature {
  readonly signed?: string;
  readonly region?: string;
  readonly service?: string;
  readonly day?: string;
}

const authorization = (now: number, { signed = SIGNED, region, service, day }: Signature = {}): string => {
  const scope = [day ?? amzDate(now).slice(0, 8), region ?? "us-east-1", service ?? "sts", "aws4_request"];
  return `AWS4-HMAC-SHA256 Credential=ASIAIOSFODNN7EXAMPLE/${scope.join("/")}, SignedHeaders=${signed}, Signature=${"a".repeat(64)}`;
};

export const signedHeaders = (
  { now, audience, csrSha256 }: StsWorld,
  changes: Partial<StsHeaders> = {},
): StsHeaders => ({
  authorization: authorization(now),
  "x-amz-date": amzDate(now),
  "x-amz-security-token": "session",
  "x-interlock-audience": audience,
  "x-interlock-csr-sha256": csrSha256,
  ...changes,
});

export interface ForgedRequest {
  readonly name: string;
  readonly change: (world: StsWorld) => Partial<StsHeaders>;
  readonly region?: string;
}

const bySignature = (name: string, signature: Signature): ForgedRequest => ({
  name,
  change: ({ now }) => ({ authorization: authorization(now, signature) }),
});

const without = (header: string): string =>
  SIGNED.split(";")
    .filter((name) => name !== header)
    .join(";");

/** Of these AWS is not even asked. */
export const FORGED_REQUESTS: readonly ForgedRequest[] = [
  { name: "of a region that is not listed (wrong region)", change: () => ({}), region: "us-west-2" },
  { name: "of a region that is a path", change: () => ({}), region: "us-east-1.evil.example/#" },
  bySignature("whose scope is another region", { region: "eu-central-1" }),
  bySignature("whose scope is another service", { service: "s3" }),
  bySignature("whose scope is another day", { day: "20200101" }),
  bySignature("that does not sign the audience (unsigned audience header)", {
    signed: without("x-interlock-audience"),
  }),
  bySignature("that does not sign the CSR", { signed: without("x-interlock-csr-sha256") }),
  bySignature("that does not sign the host", { signed: without("host") }),
  bySignature("that does not sign the date", { signed: without("x-amz-date") }),
  bySignature("that does not sign the session", { signed: without("x-amz-security-token") }),
  bySignature("that signs a header which is not sent", { signed: `content-type;${SIGNED}` }),
  bySignature("that signs one header twice", { signed: `host;${SIGNED}` }),
  { name: "in Signature Version 2", change: () => ({ authorization: "AWS AKIA:abc" }) },
  {
    name: "with two credentials",
    change: ({ now }) => ({ authorization: `${authorization(now)}, ${authorization(now)}` }),
  },
  {
    name: "with a query for a scope (duplicate query members)",
    change: ({ now }) => ({
      authorization: authorization(now).replace("/us-east-1/", "/us-east-1/?Action=AssumeRole&Action=/"),
    }),
  },
  {
    name: "that was signed six minutes ago (replayed signature)",
    change: ({ now }) => ({ "x-amz-date": amzDate(now - 360) }),
  },
  { name: "that was signed for later", change: ({ now }) => ({ "x-amz-date": amzDate(now + 360) }) },
  { name: "whose date is none", change: () => ({ "x-amz-date": "20261122T250000Z" }) },
  {
    name: "for another cluster",
    change: ({ audience }) => ({ "x-interlock-audience": audience.replace(/[^/]+$/, "other") }),
  },
  {
    name: "for another deployment",
    change: ({ audience }) => ({ "x-interlock-audience": audience.replace(/^https?:/, "ftp:") }),
  },
  {
    name: "for a part of the audience",
    change: ({ audience }) => ({ "x-interlock-audience": `${audience}/x` }),
  },
  { name: "for another CSR", change: () => ({ "x-interlock-csr-sha256": "b".repeat(64) }) },
];

/** What a server answers. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly location?: string;
}

export const identity = (arn: string, account = ACCOUNT): Answer => ({
  status: 200,
  body: JSON.stringify({
    GetCallerIdentityResponse: { GetCallerIdentityResult: { Account: account, Arn: arn, UserId: "x" } },
  }),
});

const ok = (body: unknown): Answer => ({
  status: 200,
  body: typeof body === "string" ? body : JSON.stringify(body),
});

export const REFUSED_ANSWERS: readonly (readonly [name: string, answer: Answer])[] = [
  ["that the signature is wrong", { status: 403, body: "{}" }],
  [
    "of an account that is not listed",
    identity("arn:aws:sts::999999999999:assumed-role/rabbit/x", "999999999999"),
  ],
  [
    "that names one account and an ARN of another",
    identity("arn:aws:sts::999999999999:assumed-role/rabbit/x"),
  ],
  [
    "of one role name in two accounts (CVE-2025-11621)",
    identity("arn:aws:sts::444455556666:assumed-role/rabbit/x", "444455556666"),
  ],
  ["of a role that the definition does not name", identity(`${ROLE}2/x`)],
  ["of a role whose name only begins so", identity(`${ROLE}/x/y`)],
  ["of a user", identity(`arn:aws:iam::${ACCOUNT}:user/rabbit`)],
  ["of the root user", identity(`arn:aws:iam::${ACCOUNT}:root`)],
  ["of a role itself, which nobody has assumed", identity(`arn:aws:iam::${ACCOUNT}:role/rabbit`)],
  [
    "of an instance role whose session is no instance",
    identity(`arn:aws:sts::${ACCOUNT}:assumed-role/aws:ec2-instance/mq-1`),
  ],
  [
    "of another service's role with a colon",
    identity(`arn:aws:sts::${ACCOUNT}:assumed-role/aws:ec2-infrastructure/${INSTANCE}`),
  ],
  ["in XML", ok("<GetCallerIdentityResponse/>")],
  ["with a doubled member", ok('{"GetCallerIdentityResponse":{},"GetCallerIdentityResponse":{}}')],
  ["that reflects what was sent (reflected answer)", ok({ Account: ACCOUNT, Arn: `${ROLE}/x` })],
  ["of another action", ok({ AssumeRoleResponse: { GetCallerIdentityResult: {} } })],
  ["that redirects", { status: 302, body: "", location: "http://169.254.169.254/" }],
];

export const UNAVAILABLE_ANSWERS: readonly (readonly [name: string, answer: Answer])[] = [
  ["that it is broken", { status: 500, body: "" }],
  ["that it is asked too often", { status: 429, body: "" }],
  [
    "that throttles, which is a 400 (Throttling)",
    {
      status: 400,
      body: JSON.stringify({ Error: { Code: "Throttling", Message: "Rate exceeded", Type: "Sender" } }),
    },
  ],
  ["of more than 16 KiB", ok("x".repeat(16 * 1024 + 1))],
];
