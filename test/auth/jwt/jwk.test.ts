import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { parseJwks, selectJwk } from "../../../src/auth/jwt/jwk.ts";
import { makeKey } from "../../support/issuer.ts";

const { jwk } = makeKey("RS256", "k");
const kids = (...keys: readonly object[]): readonly (string | null)[] | null =>
  parseJwks({ keys })?.map(({ kid }) => kid) ?? null;

describe("a key set", () => {
  it("gives the keys that may verify, without their private members", () => {
    const privateJwk = { ...makeKey("RS256", "k").privateKey.export({ format: "jwk" }), kid: "k" };
    expect(parseJwks({ keys: [privateJwk] })).toEqual([
      { kid: "k", alg: null, key: { kty: "RSA", n: privateJwk.n, e: "AQAB" } },
    ]);
  });
  it.each([
    ["idp-jwks-enc-key: for encryption", { ...jwk, use: "enc" }],
    ["idp-jwks-key-ops: not for verifying", { ...jwk, key_ops: ["encrypt"] }],
    [
      "idp-jwks-rsa-1024",
      { ...generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ format: "jwk" }) },
    ],
    ["idp-jwks-rsa-e1: an exponent of 1", { ...jwk, e: "AQ" }],
    ["an exponent of 3", { ...jwk, e: "Aw" }],
    ["a shared secret", { kty: "oct", k: "AAAA", kid: "k" }],
    ["another curve", makeKey("ES256K", "k").jwk],
    ["no number", { ...jwk, n: "***" }],
    ["no object", "key"],
  ])("leaves out a key: %s", (_, key) => {
    expect(parseJwks({ keys: [key] })).toBeNull();
    expect(parseJwks({ keys: [key, { ...jwk, kid: "good" }] })?.map(({ kid }) => kid)).toEqual(["good"]);
  });
  it("is none without keys, with too many, or in another shape", () => {
    expect(kids()).toBeNull();
    expect(kids(...Array.from({ length: 101 }, () => jwk))).toBeNull();
    for (const json of [null, [], {}, { keys: {} }, "keys"]) expect(parseJwks(json)).toBeNull();
  });
});

describe("the key that a header names", () => {
  const keys =
    parseJwks({
      keys: [
        { ...jwk, kid: "a" },
        { ...jwk, kid: "b" },
        { ...jwk, kid: "b" },
      ],
    }) ?? [];
  it("is the one of that name", () => expect(selectJwk(keys, "a")?.kid).toBe("a"));
  it("is none where two have the name, or none has", () => {
    expect(selectJwk(keys, "b")).toBeNull();
    expect(selectJwk(keys, "c")).toBeNull();
  });
  it("may be left out where there is one key", () => {
    expect(selectJwk(keys, null)).toBeNull();
    expect(selectJwk(keys.slice(0, 1), null)?.kid).toBe("a");
  });
});
