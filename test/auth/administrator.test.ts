import { describe, expect, it } from "vitest";
import { authenticateAdministrator, type Administrators } from "../../src/auth/administrator.ts";
import { parseJwks } from "../../src/auth/jwt/jwk.ts";
import { jwksSource } from "../../src/auth/jwt/jwks-source.ts";
import { administratorsSchema } from "../../src/policy/administrators.ts";
import { issueToken, makeKey } from "../support/issuer.ts";
import { NOON } from "../support/ledger-requests.ts";

const NOBODY: Administrators = {
  token: null,
  issuers: [],
  keys: jwksSource(() => Promise.reject(new Error("nobody is asked here"))),
};

const SECRET = "0123456789abcdef0123456789abcdef";
const outcome = async (
  token: string,
  adminToken: string | null,
  scheme: "bearer" | "basic" = "bearer",
): Promise<string> => {
  const credential =
    scheme === "bearer" ? ({ scheme, token } as const) : ({ scheme, node: "admin", token } as const);
  const answer = await authenticateAdministrator(credential, { ...NOBODY, token: adminToken }, NOON);
  return answer.ok ? answer.value : answer.error.code;
};

describe("the administrator", () => {
  it("has the deployment's secret", async () => {
    expect(await outcome(SECRET, SECRET)).toBe("administrator");
  });
  it("has it whole", async () => {
    for (const token of ["", SECRET.slice(1), `${SECRET}0`, SECRET.toUpperCase()]) {
      expect(await outcome(token, SECRET)).toBe("credential-invalid");
    }
  });
  it("sends it as a bearer token", async () => {
    expect(await outcome(SECRET, SECRET, "basic")).toBe("credential-invalid");
  });
  it("is nobody where no secret is configured, also not with the empty one", async () => {
    expect(await outcome("", null)).toBe("credential-invalid");
    expect(await outcome(SECRET, null)).toBe("credential-invalid");
  });
});

describe("an administrator by an issuer's word", () => {
  const key = makeKey("RS256", "k");
  const trusted: Administrators = {
    ...NOBODY,
    token: SECRET,
    issuers: [
      {
        issuer: "https://access.example",
        audience: "aud-tag",
        algorithms: ["RS256"],
        jwks: { inline: parseJwks({ keys: [key.jwk] }) ?? [] },
        claims: new Map([["/email", ["ops@example.com"]]]),
        maxLifetime: 86_400,
      },
    ],
  };
  const says = async (changes: object = {}, by = key): Promise<string> => {
    const token = issueToken(by, {
      iss: "https://access.example",
      sub: "1",
      aud: ["aud-tag"],
      email: "ops@example.com",
      iat: NOON,
      exp: NOON + 3600,
      ...changes,
    });
    const answer = await authenticateAdministrator({ scheme: "bearer", token }, trusted, NOON);
    return answer.ok ? answer.value : answer.error.code;
  };

  it("has the claims that the deployment demands", async () => {
    expect(await says()).toBe("administrator");
    expect(await says({ email: "someone@example.com" })).toBe("credential-invalid");
    expect(await says({ email: ["ops@example.com"] })).toBe("credential-invalid");
    expect(await says({ aud: ["another-application"] })).toBe("credential-invalid");
    expect(await says({ exp: NOON + 90_000 })).toBe("credential-invalid");
    expect(await says({ iat: NOON - 7200, exp: NOON - 3600 })).toBe("credential-expired");
  });
  it("is nobody with another key, or another issuer's name", async () => {
    expect(await says({}, makeKey("RS256", "k"))).toBe("credential-invalid");
    expect(await says({ iss: "https://access.example.evil.test" })).toBe("credential-invalid");
  });
  it("leaves the secret as good as it was", async () => {
    const answer = await authenticateAdministrator({ scheme: "bearer", token: SECRET }, trusted, NOON);
    expect(answer.ok).toBe(true);
  });
});

describe("the variable ADMINISTRATORS", () => {
  const entry = {
    issuer: "https://access.example",
    audience: "aud-tag",
    jwks: "https://access.example/cdn-cgi/access/certs",
    claims: { "/email": ["ops@example.com"] },
  };
  const holds = (changes: object): boolean =>
    administratorsSchema.safeParse([{ ...entry, ...changes }]).success;
  it("names an issuer, an audience, keys and who", () => expect(holds({})).toBe(true));
  it.each([
    ["everybody of the issuer", { claims: {} }],
    ["keys on a foreign host", { jwks: "https://evil.test/certs" }],
    ["plain http", { issuer: "http://access.example" }],
    ["an issuer with a query", { issuer: "https://access.example?team=ops" }],
    ["a shared secret", { algorithms: ["HS256"] }],
    ["a member that is not known", { secret: "x" }],
  ])("does not take %s", (_, changes) => expect(holds(changes)).toBe(false));
});
