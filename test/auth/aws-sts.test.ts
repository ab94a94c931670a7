import { beforeEach, describe, expect, it } from "vitest";
import { awsSts } from "../../src/auth/aws-sts.ts";
import type { AuthenticationContext } from "../../src/auth/authenticator.ts";
import { NO_BOOTSTRAP, type StsTrust } from "../../src/auth/bootstrap.ts";
import { sha256Hex } from "../../src/bytes.ts";
import { parseNodeTemplate } from "../../src/node/node-template.ts";
import { NOON } from "../support/ledger-requests.ts";
import {
  FORGED_REQUESTS,
  identity,
  INSTANCE,
  REFUSED_ANSWERS,
  ROLE,
  signedHeaders,
  UNAVAILABLE_ANSWERS,
  type Answer,
  type StsHeaders,
  type StsWorld,
} from "../support/sts-cases.ts";
import { makeTokenKey } from "./support/token-key.ts";

const CSR = new Uint8Array([0x30, 0x00]);

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

const headers = async (changes: Partial<StsHeaders> = {}): Promise<StsHeaders> =>
  signedHeaders(await world(), changes);

const world = async (): Promise<StsWorld> => ({
  now: NOON,
  audience: "https://interlock.example/v1/clusters/mq",
  csrSha256: await sha256Hex(CSR),
});

const responseOf = ({ status, body, location }: Answer): Response =>
  new Response(body, { status, headers: location === undefined ? {} : { Location: location } });

/** What AWS answers, and what it was asked. */
let answer: () => Response | Promise<Response>;
let asked: { url: string; init: RequestInit; headers: string[] }[];
beforeEach(() => {
  answer = () => responseOf(identity(`arn:aws:sts::111122223333:assumed-role/aws:ec2-instance/${INSTANCE}`));
  asked = [];
});

const authenticate = async (
  changes: Partial<StsHeaders> = {},
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
      answer = () => responseOf(identity(`${ROLE}/${session}`));
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
  it.each(FORGED_REQUESTS)("$name", async ({ change, region }) => {
    expect(await codeOf(change(await world()), region)).toBe("credential-invalid");
    expect(asked).toEqual([]);
  });
  it("that was signed more than five minutes from now, to the second", async () => {
    const at = async (seconds: number): Promise<string | undefined> => {
      const { authorization, "x-amz-date": date } = signedHeaders({
        ...(await world()),
        now: NOON + seconds,
      });
      return codeOf({ authorization, "x-amz-date": date });
    };
    expect([await at(-301), await at(-300), await at(300), await at(301)]).toEqual([
      "credential-invalid",
      "accepted",
      "accepted",
      "credential-invalid",
    ]);
  });
  it("with a line break in its signature", async () => {
    const { authorization } = await headers();
    expect(await codeOf({ authorization: `${authorization}\r\nHost: evil` })).toBe("credential-invalid");
    expect(asked).toEqual([]);
  });
});

describe("AWS's answer", () => {
  it.each(REFUSED_ANSWERS)("%s is refused", async (_, given) => {
    answer = () => responseOf(given);
    expect(await codeOf()).toBe("credential-invalid");
  });
  it.each(UNAVAILABLE_ANSWERS)("%s may be another next time", async (_, given) => {
    answer = () => responseOf(given);
    expect(await codeOf()).toBe("issuer-unavailable");
  });
  it("that never comes may come next time", async () => {
    answer = () => Promise.reject(new Error("timeout"));
    expect(await codeOf()).toBe("issuer-unavailable");
  });
});
