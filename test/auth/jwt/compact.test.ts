import { describe, expect, it } from "vitest";
import { readCompact } from "../../../src/auth/jwt/compact.ts";
import { base64url } from "../../support/issuer.ts";

const compact = (header: string | object, claims: string | object = {}, signature = "AAAA"): string =>
  [base64url(header), base64url(claims), signature].join(".");

describe("a compact token", () => {
  it("is read without being believed", () => {
    expect(
      readCompact(compact({ alg: "RS256", kid: "k", jku: "https://evil.test" }, { iss: "a" })),
    ).toMatchObject({
      alg: "RS256",
      kid: "k",
      claims: { iss: "a" },
    });
  });
  it.each([
    ["a line feed inside", compact({ alg: "RS256" }).replace(".", ".\n")],
    ["padding", compact({ alg: "RS256" }, {}, "AA==")],
    ["the standard alphabet", compact({ alg: "RS256" }, {}, "+/+/")],
    ["unused bits that are set", compact({ alg: "RS256" }, {}, "AB")],
    ["no signature", compact({ alg: "RS256" }, {}, "")],
    ["four parts", `${compact({ alg: "RS256" })}.AAAA`],
    ["a doubled alg", compact('{"alg":"none","alg":"RS256"}')],
    ["a doubled claim, escaped", compact({ alg: "RS256" }, '{"sub":"a","\\u0073ub":"b"}')],
    ["the prototype's name as a claim", compact({ alg: "RS256" }, '{"__proto__":{}}')],
    ["an alg that is a list", compact({ alg: ["RS256"] })],
    ["crit", compact({ alg: "RS256", crit: [] })],
    ["b64", compact({ alg: "RS256", b64: false })],
    ["a kid that is a number", compact({ alg: "RS256", kid: 1 })],
    ["a header that is a list", compact("[]")],
    ["claims that are a list", compact({ alg: "RS256" }, "[]")],
    ["nothing but dots", ".".repeat(8000)],
  ])("is none with %s", (_, text) => expect(readCompact(text)).toBeNull());
});
