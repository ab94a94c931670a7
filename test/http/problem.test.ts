import { describe, expect, it } from "vitest";
import { INTERNAL, problemResponse } from "../../src/http/problem.ts";

const context = { requestId: "r-1", serverTime: "2026-11-22T12:00:00Z" };

describe("a problem document", () => {
  it("has the members of RFC 9457 and ours, and nothing else", async () => {
    const problem = {
      code: "option-invalid",
      field: "lifetime",
      detail: "too long",
      cause: "for the log",
    } as const;
    const response = problemResponse(problem, context, false);
    expect(response.status).toBe(400);
    expect(response.headers.get("Content-Type")).toBe("application/problem+json");
    expect(await response.json()).toEqual({
      type: "urn:interlock:problem:option-invalid",
      title: "An option is invalid",
      status: 400,
      detail: "too long",
      code: "option-invalid",
      field: "lifetime",
      requestId: "r-1",
      serverTime: "2026-11-22T12:00:00Z",
      retryable: false,
    });
  });
  it("is one line for plain text", async () => {
    const response = problemResponse(
      { code: "credential-missing", detail: "send a join token" },
      context,
      true,
    );
    expect(await response.text()).toBe("credential-missing: send a join token\n");
  });
  it("names the schemes on a 401", () => {
    const response = problemResponse({ code: "credential-expired", detail: "" }, context, false);
    expect(response.headers.get("WWW-Authenticate")).toContain("Bearer");
  });
  it("says when to come back on a 503", () => {
    const response = problemResponse(
      { code: "ca-unavailable", detail: "", retryAfterSeconds: 7 },
      context,
      false,
    );
    expect([response.status, response.headers.get("Retry-After")]).toEqual([503, "7"]);
  });
  it("names the methods on a 405", () => {
    const response = problemResponse(
      { code: "method-not-allowed", detail: "", allow: ["GET", "HEAD"] },
      context,
      false,
    );
    expect([response.status, response.headers.get("Allow")]).toEqual([405, "GET, HEAD"]);
  });
  it("says nothing specific about a fault", async () => {
    const response = problemResponse(INTERNAL, context, false);
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ code: "internal", retryable: true });
  });
});
