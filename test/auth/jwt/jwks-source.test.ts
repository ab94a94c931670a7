import { beforeEach, describe, expect, it } from "vitest";
import { jwksSource, type KeyTrust, type JwksSource } from "../../../src/auth/jwt/jwks-source.ts";
import { NOON } from "../../support/ledger-requests.ts";
import { makeKey } from "../../support/issuer.ts";

const first = makeKey("RS256", "first");
const second = makeKey("RS256", "second");
const trust: KeyTrust = { issuer: "https://a.test", jwks: { url: "https://a.test/jwks" } };

/** What the issuer answers next, and what it was asked. */
let answer: () => Response | Promise<Response>;
let asked: { url: string; redirect: unknown }[];
let source: JwksSource;
beforeEach(() => {
  answer = () => keySet(first);
  asked = [];
  source = jwksSource(async (url, { redirect }) => {
    asked.push({ url, redirect });
    return answer();
  });
});

const keySet = (...keys: readonly { readonly jwk: object }[]): Response =>
  Response.json({ keys: keys.map(({ jwk }) => jwk) });

const find = async (kid: string | null, now = NOON, of = trust): Promise<string | null> => {
  const found = await source.find(of, kid, now);
  return found.ok ? (found.value?.kid ?? null) : found.error.code;
};

describe("an issuer's keys", () => {
  it("are asked for once and kept", async () => {
    expect(await find("first")).toBe("first");
    expect(await find("first", NOON + 599)).toBe("first");
    expect(await find(null, NOON + 599)).toBe("first");
    expect(asked).toEqual([{ url: "https://a.test/jwks", redirect: "manual" }]);
  });
  it("that rotate: a new kid works at once, the old one ends with the next look (idp-jwks-rotated)", async () => {
    await find("first");
    answer = () => keySet(second);
    expect(await find("second", NOON + 61)).toBe("second");
    expect(await find("first", NOON + 62)).toBeNull();
  });
  it("cost one look a minute, however many kids are invented", async () => {
    await find("first");
    for (let n = 0; n < 50; n++) expect(await find(`invented-${String(n)}`, NOON + 61)).toBeNull();
    expect(asked).toHaveLength(2);
    await find("invented", NOON + 122);
    expect(asked).toHaveLength(3);
  });
  it("stay through an outage and through garbage, until they are stale", async () => {
    await find("first");
    for (const [i, bad] of [
      () => new Response("", { status: 500 }),
      () => new Response("not json"),
      () => Response.json({ keys: [] }),
      () => Promise.reject(new Error("down")),
    ].entries()) {
      answer = bad;
      expect(await find("first", NOON + 700 + 100 * i)).toBe("first");
    }
    expect(asked).toHaveLength(5);
    expect(await find("first", NOON + 6 * 3600 + 1)).toBe("issuer-unavailable");
    answer = () => keySet(first);
    expect(await find("first", NOON + 6 * 3600 + 100)).toBe("first");
  });
  it("that were never there are unavailable, and asked for again after five seconds (idp-jwks-500)", async () => {
    answer = () => new Response("", { status: 500 });
    expect(await find("first")).toBe("issuer-unavailable");
    expect(await find("first", NOON + 5)).toBe("issuer-unavailable");
    expect(asked).toHaveLength(1);
    answer = () => keySet(first);
    expect(await find("first", NOON + 6)).toBe("first");
  });
  it("are not another issuer's, whatever the kid (CVE-2026-49998, kid-other-issuer)", async () => {
    await find("first");
    answer = () => keySet(second);
    const other: KeyTrust = { issuer: "https://b.test", jwks: { url: "https://b.test/jwks" } };
    expect(await find("first", NOON, other)).toBeNull();
    expect(await find("second", NOON, other)).toBe("second");
    expect(await find("second", NOON)).toBeNull();
  });
  it("behind a redirect are not there (idp-jwks-redirect-private)", async () => {
    answer = () => Response.redirect("http://169.254.169.254/latest", 302);
    expect(await find("first")).toBe("issuer-unavailable");
    expect(asked).toHaveLength(1);
  });
  it("are at most 256 KiB (idp-jwks-10000-keys)", async () => {
    answer = () => keySet(...Array.from({ length: 10_000 }, () => first));
    expect(await find("first")).toBe("issuer-unavailable");
  });
  it("may stand in the definition: then nobody is asked", async () => {
    const inline = [{ kid: "inline", alg: "RS256", key: {} }];
    expect(await find("inline", NOON, { issuer: "https://a.test", jwks: { inline } })).toBe("inline");
    expect(asked).toEqual([]);
  });
  it("called __proto__ or constructor are not there either", async () => {
    for (const kid of ["__proto__", "constructor", "toString"]) expect(await find(kid)).toBeNull();
  });
});
