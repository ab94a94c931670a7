import { beforeEach, describe, expect, it } from "vitest";
import { awsSts } from "../../src/auth/aws-sts.ts";
import type { AuthenticationContext } from "../../src/auth/authenticator.ts";
import { NO_BOOTSTRAP, type StsTrust } from "../../src/auth/bootstrap.ts";
import type { EvidenceOf } from "../../src/auth/evidence.ts";
import { sha256Hex } from "../../src/bytes.ts";
import { parseNodeTemplate } from "../../src/node/node-template.ts";
import { NOON } from "../support/ledger-requests.ts";
import { makeTokenKey } from "./support/token-key.ts";

const CSR = new Uint8Array([0x30, 0x00]);
const INSTANCE = "i-0123456789abcdef0";
const ROLE = "arn:aws:sts::111122223333:assumed-role/rabbit";

const trust: StsTrust = {
  accounts: ["111122223333"],
  regions: ["us-east-1", "eu-central-1"],
  node: parseNodeTemplate("rabbit@{/instanceId}.prod.internal"),
  roles: new Map([[ROLE, "rabbit@mq-1.prod.internal"]]),
};

const context: AuthenticationContext = {
  cluster: { id: "mq", bootstrap: { ...NO_BOOTSTRAP, "aws-sts": trust } },
  // Not of this kind, and so never used.
  tokenKey: await makeTokenKey(),
  origin: "https://interlock.example",
  csr: CSR,
  node: "rabbit@mq-1.prod.internal",
  now: NOON,
};

type Headers = EvidenceOf<"aws-sts">["headers"];

const SIGNED = "host;x-amz-date;x-amz-security-token;x-interlock-audience;x-interlock-csr-sha256";

const authorization = (signed = SIGNED, scope = "20261122/us-east-1/sts/aws4_request"): string =>
  `AWS4-HMAC-SHA256 Credential=ASIAIOSFODNN7EXAMPLE/${scope}, SignedHeaders=${signed}, Signature=${"a".repeat(64)}`;

const headers = async (changes: Partial<Headers> = {}): Promise<Headers> => ({
  authorization: authorization(),
  "x-amz-date": "20261122T120000Z",
  "x-amz-security-token": "session",
  "x-interlock-audience": "https://interlock.example/v1/clusters/mq",
  "x-interlock-csr-sha256": await sha256Hex(CSR),
  ...changes,
});

/** What AWS answers, and what it was asked. */
let answer: () => Response | Promise<Response>;
let asked: { url: string; init: RequestInit; headers: string[] }[];
beforeEach(() => {
  answer = () => identity(`arn:aws:sts::111122223333:assumed-role/aws:ec2-instance/${INSTANCE}`);
  asked = [];
});

const identity = (arn: string, account = "111122223333"): Response =>
  Response.json({
    GetCallerIdentityResponse: { GetCallerIdentityResult: { Account: account, Arn: arn, UserId: "x" } },
  });

const authenticate = async (
  changes: Partial<Headers> = {},
  region = "us-east-1",
  endpoint: string | null = null,
) => {
  const authenticator = awsSts(async (url, init) => {
    asked.push({ url, init, headers: [...new Headers(init.headers).keys()] });
    return answer();
  }, endpoint);
  const evidence = { method: "aws-sts", region, headers: await headers(changes) } as const;
  return authenticator.authenticate({ scheme: "evidence", evidence }, context);
};

const codeOf = async (...given: Parameters<typeof authenticate>): Promise<string | undefined> => {
  const result = await authenticate(...given);
  return result?.ok === false ? result.error.code : "accepted";
};

describe("a signed GetCallerIdentity", () => {
  it("of an instance's own role makes it the principal, by its instance id", async () => {
    expect(await authenticate()).toMatchObject({
      ok: true,
      value: {
        kind: "aws-sts",
        subject: `aws:111122223333:${INSTANCE}`,
        nodes: { exact: `rabbit@${INSTANCE}.prod.internal` },
        binding: { kind: "csr" },
      },
    });
  });
  it("of a role gives the node that the definition names, whatever the session is called", async () => {
    for (const session of ["i-0123456789abcdef0", "rabbit@mq-9.prod.internal", "x"]) {
      answer = () => identity(`${ROLE}/${session}`);
      expect(await authenticate()).toMatchObject({
        value: { subject: ROLE, nodes: { exact: "rabbit@mq-1.prod.internal" } },
      });
    }
  });
  it("is rebuilt: one host, one path, one body, no header but the signed ones, no redirect (CVE-2020-16250)", async () => {
    await authenticate();
    expect(asked).toMatchObject([
      {
        url: "https://sts.us-east-1.amazonaws.com/",
        init: { method: "POST", body: "Action=GetCallerIdentity&Version=2011-06-15", redirect: "manual" },
      },
    ]);
    expect(asked[0]?.headers.toSorted()).toEqual(
      [...Object.keys(await headers()), "accept", "content-type"].toSorted(),
    );
  });
  it("goes where the operator says, and nowhere else", async () => {
    await authenticate({}, "us-east-1", "http://127.0.0.1:5000");
    expect(asked[0]?.url).toBe("http://127.0.0.1:5000");
  });
});

describe("nothing is asked of AWS for a request", () => {
  it.each<[string, Partial<Headers>, string?]>([
    ["of a region that is not listed", {}, "us-west-2"],
    ["of a region that is a path", {}, "us-east-1.evil.example/#"],
    [
      "whose scope is another region",
      { authorization: authorization(SIGNED, "20261122/eu-central-1/sts/aws4_request") },
    ],
    [
      "whose scope is another service",
      { authorization: authorization(SIGNED, "20261122/us-east-1/s3/aws4_request") },
    ],
    [
      "whose scope is another day",
      { authorization: authorization(SIGNED, "20261121/us-east-1/sts/aws4_request") },
    ],
    [
      "that does not sign the audience",
      { authorization: authorization("host;x-amz-date;x-amz-security-token;x-interlock-csr-sha256") },
    ],
    [
      "that does not sign the CSR",
      { authorization: authorization("host;x-amz-date;x-amz-security-token;x-interlock-audience") },
    ],
    ["that does not sign the host", { authorization: authorization(SIGNED.replace("host;", "")) }],
    [
      "that does not sign the session",
      { authorization: authorization(SIGNED.replace("x-amz-security-token;", "")) },
    ],
    ["that signs a header which is not sent", { authorization: authorization(`content-type;${SIGNED}`) }],
    ["that signs one header twice", { authorization: authorization(SIGNED.replace("host;", "host;host;")) }],
    ["in Signature Version 2", { authorization: "AWS AKIA:abc" }],
    ["with two credentials", { authorization: `${authorization()}, ${authorization()}` }],
    ["with a line break", { authorization: `${authorization()}\r\nHost: evil` }],
    ["that was signed six minutes ago (replayed signature)", { "x-amz-date": "20261122T115400Z" }],
    ["that was signed for later", { "x-amz-date": "20261122T120501Z" }],
    ["whose date is none", { "x-amz-date": "20261122T250000Z" }],
    ["for another cluster", { "x-interlock-audience": "https://interlock.example/v1/clusters/other" }],
    ["for another deployment", { "x-interlock-audience": "https://evil.example/v1/clusters/mq" }],
    ["for another CSR", { "x-interlock-csr-sha256": "b".repeat(64) }],
  ])("%s", async (_, changes, region) => {
    expect(await codeOf(changes, region)).toBe("credential-invalid");
    expect(asked).toEqual([]);
  });
});

describe("AWS's answer", () => {
  it.each<[string, () => Response]>([
    ["that the signature is wrong", () => new Response("{}", { status: 403 })],
    [
      "of an account that is not listed",
      () => identity("arn:aws:sts::999999999999:assumed-role/rabbit/x", "999999999999"),
    ],
    [
      "that names one account and an ARN of another",
      () => identity("arn:aws:sts::999999999999:assumed-role/rabbit/x"),
    ],
    [
      "of one role name in two accounts (CVE-2025-11621)",
      () => identity("arn:aws:sts::444455556666:assumed-role/rabbit/x", "444455556666"),
    ],
    [
      "of a role that the definition does not name",
      () => identity("arn:aws:sts::111122223333:assumed-role/rabbit2/x"),
    ],
    [
      "of a role whose name only begins so",
      () => identity("arn:aws:sts::111122223333:assumed-role/rabbit/x/y"),
    ],
    ["of a user", () => identity("arn:aws:iam::111122223333:user/rabbit")],
    ["of the root user", () => identity("arn:aws:iam::111122223333:root")],
    [
      "of an instance role whose session is no instance",
      () => identity("arn:aws:sts::111122223333:assumed-role/aws:ec2-instance/mq-1"),
    ],
    [
      "of another service's role with a colon",
      () => identity(`arn:aws:sts::111122223333:assumed-role/aws:ec2-infrastructure/${INSTANCE}`),
    ],
    ["in XML", () => new Response("<GetCallerIdentityResponse/>")],
    [
      "with a doubled member",
      () => new Response('{"GetCallerIdentityResponse":{},"GetCallerIdentityResponse":{}}'),
    ],
    [
      "that reflects what was sent (reflected answer)",
      () => Response.json({ Account: "111122223333", Arn: `${ROLE}/x` }),
    ],
    ["of another action", () => Response.json({ AssumeRoleResponse: { GetCallerIdentityResult: {} } })],
    ["that redirects", () => Response.redirect("http://169.254.169.254/", 302)],
  ])("%s is refused", async (_, given) => {
    answer = given;
    expect(await codeOf()).toBe("credential-invalid");
  });
  it.each<[string, () => Response | Promise<Response>]>([
    ["that it is broken", () => new Response("", { status: 500 })],
    ["that it is asked too often", () => new Response("", { status: 429 })],
    [
      "that throttles, which is a 400 (Throttling)",
      () =>
        Response.json(
          { Error: { Code: "Throttling", Message: "Rate exceeded", Type: "Sender" } },
          { status: 400 },
        ),
    ],
    ["that never comes", () => Promise.reject(new Error("timeout"))],
    ["of more than 16 KiB", () => new Response("x".repeat(16 * 1024 + 1))],
  ])("%s may be another next time", async (_, given) => {
    answer = given;
    expect(await codeOf()).toBe("issuer-unavailable");
  });
});
