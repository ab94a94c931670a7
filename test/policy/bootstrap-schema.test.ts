import { describe, expect, it } from "vitest";
import { makeKey } from "../support/issuer.ts";
import { clustersWith, clusterWith, definitionWith } from "./cluster.ts";

const jwt = (changes: object = {}): object => ({
  method: "jwt",
  issuer: "https://id.example",
  jwks: "https://id.example/jwks",
  node: "rabbit@{/sub}.prod.internal",
  ...changes,
});

const problems = (...bootstrap: readonly object[]): readonly string[] => {
  const clusters = clustersWith(definitionWith({ bootstrap }));
  return clusters.ok ? [] : clusters.error.map(({ path }) => path.replace("/clusters/mq/bootstrap", ""));
};

describe("a definition's trust in an issuer", () => {
  it("has the preset's limits unless it says otherwise", () => {
    const { bootstrap } = clusterWith({
      bootstrap: [jwt({ claims: { "/group": "mq", "/env": ["a", "b"] } })],
    });
    expect(bootstrap.token).toBeNull();
    expect(bootstrap.jwt).toMatchObject([
      { issuer: "https://id.example", audience: "csr", algorithms: ["RS256", "ES256"], maxLifetime: 3600 },
    ]);
    expect(bootstrap.jwt[0]?.claims).toEqual(
      new Map([
        ["/group", ["mq"]],
        ["/env", ["a", "b"]],
      ]),
    );
  });
  it("knows where Google's, GitHub's and AWS's keys are", () => {
    const claims = {
      "/google/compute_engine/project_id": "prod",
      "/repository_id": "1",
      "/https:~1~1sts.amazonaws.com~1/aws_account": "111122223333",
    };
    const base = { issuer: undefined, jwks: undefined, claims };
    const { bootstrap } = clusterWith({
      bootstrap: [
        jwt({ ...base, preset: "google" }),
        jwt({ ...base, preset: "github" }),
        jwt({ ...base, preset: "aws-outbound", issuer: "https://x.tokens.sts.global.api.aws" }),
      ],
    });
    expect(bootstrap.jwt.map(({ jwks }) => jwks)).toEqual([
      { url: "https://www.googleapis.com/oauth2/v3/certs" },
      { url: "https://token.actions.githubusercontent.com/.well-known/jwks" },
      { url: "https://x.tokens.sts.global.api.aws/.well-known/jwks.json" },
    ]);
  });
  it.each([
    ["no issuer", jwt({ issuer: undefined }), "/0/issuer"],
    ["plain http", jwt({ issuer: "http://id.example" }), "/0/issuer"],
    ["user information", jwt({ issuer: "https://id.example@evil.example" }), "/0/issuer"],
    ["a query in the issuer", jwt({ issuer: "https://id.example?y" }), "/0/issuer"],
    ["an empty query in the issuer", jwt({ issuer: "https://id.example/?" }), "/0/issuer"],
    ["a fragment in the issuer", jwt({ issuer: "https://id.example#y" }), "/0/issuer"],
    ["an empty fragment in the issuer", jwt({ issuer: "https://id.example/#" }), "/0/issuer"],
    ["no keys", jwt({ jwks: undefined }), "/0/jwks"],
    ["idp-jwks-http: keys over plain http", jwt({ jwks: "http://id.example/jwks" }), "/0/jwks"],
    ["keys on a foreign host", jwt({ jwks: "https://evil.example/jwks" }), "/0/jwks"],
    ["a set without a usable key", jwt({ jwks: { keys: [{ kty: "oct", k: "AAAA" }] } }), "/0/jwks"],
    ["a symmetric algorithm", jwt({ algorithms: ["HS256"] }), "/0/algorithms/0"],
    ["no algorithm", jwt({ algorithms: ["none"] }), "/0/algorithms/0"],
    ["a claim by name", jwt({ claims: { group: "mq" } }), "/0/claims/group"],
    ["a template that is a name", jwt({ node: "rabbit@mq-1.prod.internal" }), "/0/node"],
    ["a pointer that is none (RFC 6901)", jwt({ node: "rabbit@{/sub/}.prod.internal" }), "/0/node"],
    ["an escape that is none", jwt({ node: "rabbit@{/a~2}.prod.internal" }), "/0/node"],
    ["tokens for a week", jwt({ maxLifetime: "7d" }), "/0/maxLifetime"],
    ["a member that is not known", jwt({ secret: "x" }), "/0/secret"],
    ["every project of Google", jwt({ preset: "google", issuer: undefined }), "/0/claims"],
    [
      "an issuer beside the preset's",
      jwt({ preset: "google", claims: { "/google/compute_engine/project_id": "p" } }),
      "/0/issuer",
    ],
  ])("is refused with %s", (_, entry, path) => expect(problems(entry)).toContain(path));
  it("takes keys from an address with a query", () => {
    const jwks = "https://id.example/jwks?tenant=mq";
    expect(clusterWith({ bootstrap: [jwt({ jwks })] }).bootstrap.jwt[0]?.jwks).toEqual({ url: jwks });
  });
  it("is stated once an issuer", () => {
    expect(problems(jwt(), jwt())).toEqual(["/1"]);
    expect(
      problems(jwt(), jwt({ issuer: "https://b.example", jwks: { keys: [makeKey("RS256", "k").jwk] } })),
    ).toEqual([]);
  });
  it("may name a key server on the machine itself, or another host by name", () => {
    expect(problems(jwt({ jwks: "http://127.0.0.1:8080/jwks", jwksHosts: ["127.0.0.1:8080"] }))).toEqual([]);
  });
});

describe("a definition's trust in AWS", () => {
  const sts = (node: string): object => ({
    method: "aws-sts",
    accounts: ["111122223333"],
    regions: ["eu-central-1"],
    node,
  });
  const iid = (node: string): object => ({ method: "aws-iid", accounts: ["111122223333"], node });

  it.each([
    sts("rabbit@{/instanceId}.prod.internal"),
    iid("rabbit@{/instanceId}.prod.internal"),
    iid("rabbit@{/privateIp}"),
    iid("rabbit@{/ipName}.eu-central-1.compute.internal"),
  ])("makes names from what AWS says: %j", (entry) => expect(problems(entry)).toEqual([]));
  it.each([
    sts("rabbit@{/privateIp}"),
    sts("rabbit@{/instanceid}.prod.internal"),
    iid("rabbit@{/ipname}.prod.internal"),
    iid("rabbit@{/accountId}.prod.internal"),
    iid("rabbit@{/ipName}.{/sub}.prod.internal"),
  ])("is refused where no node could ever join by it: %j", (entry) =>
    expect(problems(entry)).toEqual(["/0/node"]),
  );
});
