import { describe, expect, it } from "vitest";
import type { Authenticator, AuthenticationContext } from "../../src/auth/authenticator.ts";
import { NO_BOOTSTRAP } from "../../src/auth/bootstrap.ts";
import { FIRST_USE, type Principal } from "../../src/auth/principal.ts";
import { rateLimited } from "../../src/auth/rate-limited.ts";
import { asRateLimit, type RateLimit } from "../../src/rate-limit.ts";
import { refuse } from "../../src/refusal.ts";
import { ok } from "../../src/result.ts";
import { makeTokenKey } from "./support/token-key.ts";

/** Admits `most` calls of a key, and counts them all. */
const counter = (most: number) => {
  const calls = new Map<string, number>();
  const limit: RateLimit = {
    limit: async ({ key }) => {
      calls.set(key, (calls.get(key) ?? 0) + 1);
      return { success: (calls.get(key) ?? 0) <= most };
    },
  };
  return { calls, limit };
};

const principal = (changes: Partial<Principal>): Principal => ({
  kind: "jwt",
  id: "jwt:00",
  nodes: { exact: "rabbit@mq-1.prod.internal" },
  subject: null,
  binding: FIRST_USE,
  uses: 1,
  expiresAt: 0,
  expired: false,
  pin: null,
  ...changes,
});

const saying = (answer: Awaited<ReturnType<Authenticator["authenticate"]>>): Authenticator => ({
  authenticate: async () => answer,
});

const context = async (id = "mq", node = "rabbit@mq-1.prod.internal"): Promise<AuthenticationContext> => ({
  cluster: { id, bootstrap: NO_BOOTSTRAP },
  tokenKey: await makeTokenKey(),
  origin: "https://interlock.example",
  csr: new Uint8Array(),
  node,
  now: 0,
});

const codes = async (limit: RateLimit | null, inner: Authenticator, times: number, cluster?: string) => {
  const limited = rateLimited(limit)(inner);
  const seen: string[] = [];
  for (let n = 0; n < times; n++) {
    const answer = await limited.authenticate({ scheme: "bearer", token: "x" }, await context(cluster));
    seen.push(answer === null ? "null" : answer.ok ? "ok" : answer.error.code);
  }
  return seen;
};

describe("a limit on verified identities", () => {
  it("refuses what is too much, and says when to come again", async () => {
    const { limit } = counter(2);
    const inner = saying(ok(principal({})));
    expect(await codes(limit, inner, 3)).toEqual(["ok", "ok", "too-many-requests"]);
    expect(
      await rateLimited(limit)(inner).authenticate({ scheme: "bearer", token: "x" }, await context()),
    ).toMatchObject({
      error: { retryAfterSeconds: 60 },
    });
  });
  it("counts a subject's tokens together, clusters apart, and forgeries not at all", async () => {
    const { limit, calls } = counter(9);
    await codes(limit, saying(ok(principal({ id: "jwt:01", subject: "gcp:prod:1" }))), 1);
    await codes(limit, saying(ok(principal({ id: "jwt:02", subject: "gcp:prod:1" }))), 1);
    await codes(limit, saying(ok(principal({ id: "jti:03" }))), 1, "other");
    expect(await codes(limit, saying(null), 3)).toEqual(["null", "null", "null"]);
    expect(await codes(limit, saying(refuse({ code: "credential-invalid", detail: "" })), 1)).toEqual([
      "credential-invalid",
    ]);
    expect(calls).toEqual(
      new Map([
        ["mq gcp:prod:1", 2],
        ["other jti:03", 1],
      ]),
    );
  });
  it("counts each node of a group token by itself, so that a wave on one token is not one caller", async () => {
    const { limit, calls } = counter(1);
    const limited = rateLimited(limit)(saying(ok(principal({ kind: "token", id: "jti:04", uses: 1000 }))));
    const codeFor = async (node: string) => {
      const answer = await limited.authenticate({ scheme: "bearer", token: "x" }, await context("mq", node));
      return answer?.ok === false ? answer.error.code : "ok";
    };
    for (let n = 1; n <= 200; n++) expect(await codeFor(`rabbit@mq-${String(n)}.prod.internal`)).toBe("ok");
    expect(await codeFor("rabbit@mq-7.prod.internal")).toBe("too-many-requests");
    expect(calls.get("mq jti:04 rabbit@mq-7.prod.internal")).toBe(2);
  });
  it("counts a subject as one caller, however many nodes its credential is for or it asks for", async () => {
    const { limit, calls } = counter(9);
    const limited = rateLimited(limit)(saying(ok(principal({ subject: "gcp:prod:1", uses: 50 }))));
    for (const node of ["rabbit@mq-1.prod.internal", "rabbit@mq-2.prod.internal"])
      await limited.authenticate({ scheme: "bearer", token: "x" }, await context("mq", node));
    expect(calls).toEqual(new Map([["mq gcp:prod:1", 2]]));
  });
  it("counts a token for one node as one caller, whatever it asks for", async () => {
    const { limit, calls } = counter(9);
    const limited = rateLimited(limit)(saying(ok(principal({ kind: "token", id: "jti:05" }))));
    for (const node of ["rabbit@mq-1.prod.internal", "rabbit@mq-2.prod.internal"])
      await limited.authenticate({ scheme: "bearer", token: "x" }, await context("mq", node));
    expect(calls).toEqual(new Map([["mq jti:05", 2]]));
  });
  it("is off where the platform has no counter", async () => {
    expect(await codes(null, saying(ok(principal({}))), 3)).toEqual(["ok", "ok", "ok"]);
    for (const binding of [undefined, null, "RATE", {}, { limit: 1 }])
      expect(asRateLimit(binding)).toBeNull();
    expect(asRateLimit(counter(1).limit)).not.toBeNull();
  });
});
