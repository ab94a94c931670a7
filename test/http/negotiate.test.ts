import { describe, expect, it } from "vitest";
import { negotiate, wantsPlainText } from "../../src/http/negotiate.ts";

const formOf = (accept: string | null, format: string | null = null): string => {
  const form = negotiate(accept, format);
  return form.ok ? form.value : form.error.code;
};

describe("the form of a reply", () => {
  it.each([
    [null, "json"],
    ["*/*", "json"],
    ["application/json", "json"],
    ["application/*", "json"],
    ["application/x-tar", "tar"],
    ["application/pem-certificate-chain", "pem"],
    ["text/cloud-config", "cloud-config"],
    ["TEXT/X-ShellScript", "sh"],
    ["text/plain", "pem"],
    ["text/html, application/x-tar;q=0.5, */*;q=0.1", "tar"],
    ["application/json;q=0.2, application/x-tar", "tar"],
    ["application/json;q=0, */*;q=0.1", "json"],
    ["image/png", "not-acceptable"],
    ["application/x-tar;q=0", "not-acceptable"],
  ])("for Accept: %s is %s", (accept, form) => {
    expect(formOf(accept)).toBe(form);
  });
  it("follows format before Accept", () => {
    expect(formOf("application/json", "tar")).toBe("tar");
    expect(formOf("application/json", "zip")).toBe("not-acceptable");
    expect(formOf(null, "toString")).toBe("not-acceptable");
  });
});

describe("a refusal", () => {
  it("is one line for who asks for plain text, a document for everybody else", () => {
    expect(wantsPlainText("text/plain")).toBe(true);
    expect(wantsPlainText("application/x-tar, text/plain;q=0.1")).toBe(true);
    expect(wantsPlainText("*/*")).toBe(false);
    expect(wantsPlainText(null)).toBe(false);
  });
});
