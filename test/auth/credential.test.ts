import { describe, expect, it } from "vitest";
import { readCredential } from "../../src/auth/credential.ts";

const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;

const outcome = (header: string | null): unknown => {
  const credential = readCredential(header);
  return credential.ok ? credential.value : credential.error.code;
};

describe("the Authorization header", () => {
  it("holds a bearer token", () => {
    expect(outcome("Bearer a.b.c")).toEqual({ scheme: "bearer", token: "a.b.c" });
    expect(outcome("bearer  a.b.c ")).toEqual({ scheme: "bearer", token: "a.b.c" });
  });
  it("or a node name and a token, for EST-like clients", () => {
    expect(outcome(basic("rabbit@mq-1:a.b.c"))).toEqual({
      scheme: "basic",
      node: "rabbit@mq-1",
      token: "a.b.c",
    });
  });
  it("may hold the node name of an IPv6 host, which has colons of its own", () => {
    expect(outcome(basic("rabbit@fd00:20::12:a.b.c"))).toEqual({
      scheme: "basic",
      node: "rabbit@fd00:20::12",
      token: "a.b.c",
    });
  });
  it.each([null, "", "  "])("that is %j is missing", (header) => {
    expect(outcome(header)).toBe("credential-missing");
  });
  it("that was sent twice is ambiguous", () => {
    expect(outcome("Bearer a, Bearer b")).toBe("ambiguous-credential");
  });
  it.each([
    "Bearer",
    "Bearer a b",
    "Token a",
    "Basic !!!",
    basic("no colon"),
    basic(":x"),
    `Bearer ${"x".repeat(9000)}`,
    "Basic wIA=",
  ])("%.40s is invalid", (header) => {
    expect(outcome(header)).toBe("credential-invalid");
  });
});
