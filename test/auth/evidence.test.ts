import { describe, expect, it } from "vitest";
import { readCredential, soleCredential } from "../../src/auth/credential.ts";
import { parseEvidence } from "../../src/auth/evidence.ts";

const evidence = { method: "azure-imds", signature: "AAAA" } as const;
const encoded = (json: string): string => `Evidence ${Buffer.from(json).toString("base64")}`;

describe("evidence", () => {
  it("comes in a header as base64 of its JSON, or as what EC2 sends", () => {
    expect(readCredential(encoded(JSON.stringify(evidence)))).toEqual({
      ok: true,
      value: { scheme: "evidence", evidence },
    });
    expect(readCredential("AWS-IID MIAG")).toEqual({
      ok: true,
      value: { scheme: "evidence", evidence: { method: "aws-iid", pkcs7: "MIAG" } },
    });
  });
  it.each([
    ["no JSON", "evidence"],
    ["a member twice", '{"method":"azure-imds","signature":"A","signature":"B"}'],
    ["a member too many", '{"method":"azure-imds","signature":"A","url":"https://evil.test"}'],
    ["no method", '{"signature":"A"}'],
    ["a method that is inherited", '{"method":"constructor"}'],
    ["a list", "[]"],
  ])("is none with %s", (_, json) => {
    expect(readCredential(encoded(json))).toMatchObject({ ok: false, error: { code: "credential-invalid" } });
  });
  it("of STS has the five headers and no other", () => {
    const headers = {
      authorization: "a",
      "x-amz-date": "b",
      "x-interlock-audience": "c",
      "x-interlock-csr-sha256": "d",
    };
    const sts = (given: object): boolean =>
      parseEvidence({ method: "aws-sts", region: "r", headers: given }).ok;
    expect(sts(headers)).toBe(true);
    expect(sts({ ...headers, "x-amz-security-token": "e" })).toBe(true);
    expect(sts({ ...headers, host: "evil.test" })).toBe(false);
    expect(sts({ ...headers, Authorization: "a" })).toBe(false);
    expect(sts({ ...headers, authorization: ["a"] })).toBe(false);
  });
});

describe("the one credential of a request", () => {
  const missing = readCredential(null);
  it("is what the body shows, where no header does", () => {
    expect(soleCredential(missing, { proof: null, evidence })).toEqual({
      ok: true,
      value: { scheme: "evidence", evidence },
    });
    expect(soleCredential(missing, { proof: null, evidence: null })).toBe(missing);
  });
  it("is ambiguous beside a header, also beside a bad one", () => {
    for (const header of [readCredential("Bearer x"), readCredential("Nonsense")])
      expect(soleCredential(header, { proof: null, evidence })).toMatchObject({
        error: { code: "ambiguous-credential" },
      });
  });
});
