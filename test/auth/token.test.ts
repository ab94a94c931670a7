import { SignJWT, UnsecuredJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import type { AuthenticationContext } from "../../src/auth/authenticator.ts";
import { NO_BOOTSTRAP } from "../../src/auth/bootstrap.ts";
import type { Credential } from "../../src/auth/credential.ts";
import { mintToken, type TokenClaims } from "../../src/auth/mint-token.ts";
import { joinTokens } from "../../src/auth/token.ts";
import { NOON } from "../support/ledger-requests.ts";
import { makeTokenKey } from "./support/token-key.ts";

const NODE = "rabbit@mq-1.prod.internal";
const JTI = "0123456789abcdef0123456789abcdef";

let tokenKey: CryptoKey;
beforeAll(async () => {
  tokenKey = await makeTokenKey(1);
});

const claims = (changes: Partial<TokenClaims> = {}): TokenClaims => ({
  cluster: "mq",
  origin: "https://interlock.example",
  nodes: { exact: NODE },
  uses: 1,
  lifetime: 3600,
  pin: null,
  ...changes,
});

const context = (changes: Partial<AuthenticationContext> = {}): AuthenticationContext => ({
  cluster: { id: "mq", bootstrap: { ...NO_BOOTSTRAP, token: { maxLifetime: 3600 } } },
  csr: new Uint8Array(),
  tokenKey,
  origin: "https://interlock.example",
  node: NODE,
  now: NOON,
  ...changes,
});

const mint = (changes: Partial<TokenClaims> = {}, now = NOON): Promise<string> =>
  mintToken(claims(changes), tokenKey, now, JTI);

const authenticate = async (
  token: string,
  changes: Partial<AuthenticationContext> = {},
  credential?: Credential,
): Promise<unknown> => {
  const answer = await joinTokens.authenticate(credential ?? { scheme: "bearer", token }, context(changes));
  if (answer === null) return null;
  return answer.ok ? answer.value : answer.error.code;
};

describe("a join token", () => {
  it("makes its bearer the principal that it says", async () => {
    expect(await authenticate(await mint({ pin: { csrSha256: "ab".repeat(32) } }))).toEqual({
      kind: "token",
      id: `jti:${JTI}`,
      nodes: { exact: NODE },
      subject: null,
      binding: { kind: "first-use" },
      uses: 1,
      expiresAt: NOON + 3600,
      expired: false,
      pin: { csrSha256: "ab".repeat(32) },
    });
  });
  it("may be for one key alone (cnf.jkt), or for one request, and not for both", async () => {
    const jkt = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
    expect(await authenticate(await mint({ pin: { jkt } }))).toMatchObject({ pin: { jkt } });
    for (const cnf of [{ jkt: "short" }, { jkt, "csr#S256": jkt }, { jwk: {} }, {}, null, jkt]) {
      const token = await new SignJWT({ uses: 1, cnf })
        .setProtectedHeader({ alg: "HS256" })
        .setIssuer("mq")
        .setAudience("https://interlock.example/v1/clusters/mq")
        .setSubject(NODE)
        .setJti(JTI)
        .setIssuedAt(NOON)
        .setNotBefore(NOON)
        .setExpirationTime(NOON + 60)
        .sign(tokenKey);
      expect([cnf, await authenticate(token)]).toEqual([cnf, "credential-invalid"]);
    }
  });
  it("may name a form of node names", async () => {
    const token = await mint({ nodes: { form: "rabbit@*.prod.internal" }, uses: 20 });
    expect(await authenticate(token)).toMatchObject({
      nodes: { form: { text: "rabbit@*.prod.internal" } },
      uses: 20,
    });
  });
  it("may come as the password of its node", async () => {
    const token = await mint();
    expect(await authenticate("", {}, { scheme: "basic", node: NODE, token })).toMatchObject({
      id: `jti:${JTI}`,
    });
    expect(await authenticate("", {}, { scheme: "basic", node: "rabbit@mq-2.prod.internal", token })).toBe(
      "credential-invalid",
    );
  });
  it("is no credential of a cluster that takes none", async () => {
    expect(await authenticate(await mint(), { cluster: { id: "mq", bootstrap: NO_BOOTSTRAP } })).toBeNull();
  });
  it("past its end is a principal that binds nothing", async () => {
    const token = await mint();
    expect(await authenticate(token, { now: NOON + 3660 })).toMatchObject({ expired: false });
    expect(await authenticate(token, { now: NOON + 3661 })).toMatchObject({ expired: true });
  });
});

describe("a join token is refused that", () => {
  const refused = async (token: string, changes: Partial<AuthenticationContext> = {}): Promise<void> =>
    expect(await authenticate(token, changes)).toBe("credential-invalid");

  it("another cluster issued", async () => refused(await mint({ cluster: "other" })));
  it("is for another deployment", async () => refused(await mint({ origin: "https://evil.example" })));
  it("another key signed", async () => refused(await mintToken(claims(), await makeTokenKey(2), NOON, JTI)));
  it("lives longer than the cluster allows", async () => refused(await mint({ lifetime: 3601 })));
  it("is not valid yet", async () => refused(await mint({}, NOON + 61)));
  it("lost a character", async () => refused((await mint()).slice(0, -1)));
  it("names a node that is none", async () => refused(await mint({ nodes: { exact: "rabbit@*" } })));
  it("is unsigned (alg none)", async () => refused(new UnsecuredJWT({ sub: NODE }).setIssuer("mq").encode()));
  it("is no token", async () => {
    for (const text of ["x", "..", "a.b.c", ".".repeat(4000)]) await refused(text);
  });
  it("says another algorithm than ours, even with our key", async () => {
    const raw = new Uint8Array(64).fill(1);
    await refused(await new SignJWT({ uses: 1 }).setProtectedHeader({ alg: "HS512" }).sign(raw));
  });
  it("has claims of another shape", async () => {
    const sign = (payload: Record<string, unknown>): Promise<string> =>
      new SignJWT({
        iss: "mq",
        aud: "https://interlock.example/v1/clusters/mq",
        sub: NODE,
        jti: JTI,
        iat: NOON,
        nbf: NOON,
        exp: NOON + 60,
        uses: 1,
        ...payload,
      })
        .setProtectedHeader({ alg: "HS256" })
        .sign(tokenKey);
    expect(await authenticate(await sign({}))).toMatchObject({ id: `jti:${JTI}` });
    for (const change of [
      { aud: ["https://interlock.example/v1/clusters/mq"] },
      { jti: "x" },
      { uses: 0 },
      { exp: null },
      { exp: 1e300 },
      { admin: true },
    ]) {
      await refused(await sign(change));
    }
  });
});
