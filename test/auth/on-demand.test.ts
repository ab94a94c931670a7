import { describe, expect, it } from "vitest";
import type { AuthenticationContext } from "../../src/auth/authenticator.ts";
import { NO_BOOTSTRAP } from "../../src/auth/bootstrap.ts";
import type { Credential } from "../../src/auth/credential.ts";
import { evidenceOf, jwksOnDemand, onDemand, perhapsWebToken } from "../../src/auth/on-demand.ts";
import { refuse } from "../../src/refusal.ts";
import { ok } from "../../src/result.ts";
import { clusterWith } from "../policy/cluster.ts";
import { makeTokenKey } from "./support/token-key.ts";

const TAKES_STS = clusterWith({
  bootstrap: [
    {
      method: "aws-sts",
      accounts: ["111122223333"],
      regions: ["eu-central-1"],
      node: "rabbit@{/instanceId}.prod.internal",
    },
  ],
}).bootstrap;

const IID: Credential = { scheme: "evidence", evidence: { method: "aws-iid", pkcs7: "" } };
const STS: Credential = {
  scheme: "evidence",
  evidence: {
    method: "aws-sts",
    region: "eu-central-1",
    headers: {
      authorization: "",
      "x-amz-date": "",
      "x-interlock-audience": "",
      "x-interlock-csr-sha256": "",
    },
  },
};
const BEARER: Credential = { scheme: "bearer", token: "a.b.c" };

const context = async (bootstrap = NO_BOOTSTRAP): Promise<AuthenticationContext> => ({
  cluster: { id: "mq", bootstrap },
  tokenKey: await makeTokenKey(),
  origin: "https://interlock.example",
  csr: new Uint8Array(),
  node: "rabbit@mq-1.prod.internal",
  now: 0,
});

const REFUSAL = refuse({ code: "credential-invalid", detail: "said by the part" });
const part = async () => ({ authenticate: async () => REFUSAL });

describe("evidence whose code is a part of its own", () => {
  it("is loaded where it is shown to a cluster that takes it, and the part has the say", async () => {
    const answer = await onDemand(evidenceOf("aws-sts"), part).authenticate(STS, await context(TAKES_STS));
    expect(answer).toBe(REFUSAL);
  });
  it.each<[string, Credential, AuthenticationContext["cluster"]["bootstrap"]]>([
    ["of another kind", IID, TAKES_STS],
    ["that the cluster does not take", STS, NO_BOOTSTRAP],
    ["that is none", BEARER, TAKES_STS],
  ])("is not loaded for a credential %s", async (_what, credential, bootstrap) => {
    const unloadable = onDemand(evidenceOf("aws-sts"), () => Promise.reject(new Error("loaded")));
    expect(await unloadable.authenticate(credential, await context(bootstrap))).toBeNull();
  });
  it("that cannot be loaded is a fault and no refusal", async () => {
    const unloadable = onDemand(evidenceOf("aws-sts"), () => Promise.reject(new Error("not there")));
    await expect(unloadable.authenticate(STS, await context(TAKES_STS))).rejects.toThrow("not there");
  });
});

describe("a web token", () => {
  const trusting = clusterWith({
    bootstrap: [
      {
        method: "jwt",
        issuer: "https://id.example",
        jwks: "https://id.example/jwks",
        node: "rabbit@{/sub}.prod.internal",
      },
    ],
  }).bootstrap;
  it("may be any bearer where the cluster trusts an issuer", () => {
    expect(perhapsWebToken(BEARER, trusting)).toBe(true);
    expect(perhapsWebToken(BEARER, NO_BOOTSTRAP)).toBe(false);
    expect(perhapsWebToken(IID, trusting)).toBe(false);
  });
});

describe("issuers' keys", () => {
  it("are of one source, so that what it remembers is remembered", async () => {
    const asked: (string | null)[][] = [];
    const source = jwksOnDemand(async () => {
      const ofOne: (string | null)[] = [];
      asked.push(ofOne);
      return { find: async (_trust, kid) => (ofOne.push(kid), ok(null)) };
    });
    const trust = { issuer: "https://id.example", jwks: { url: "https://id.example/jwks" } };
    await Promise.all([source.find(trust, "k", 0), source.find(trust, "l", 0)]);
    expect(await source.find(trust, "m", 0)).toEqual(ok(null));
    expect(asked.filter((ofOne) => ofOne.length > 0)).toEqual([["k", "l", "m"]]);
  });
});
