import { describe, expect, it } from "vitest";
import { isSecureUrl } from "../src/secure-url.ts";

describe("isSecureUrl", () => {
  it.each([
    "https://example.com/",
    "HTTPS://10.0.0.1:8443/base?x=1",
    "http://127.0.0.1:5000",
    "http://LOCALHOST:4566",
    "http://[0:0:0:0:0:0:0:1]:5000/",
    "http://0x7f.1/",
  ])("takes %s", (text) => {
    expect(isSecureUrl(new URL(text))).toBe(true);
  });

  it.each([
    "http://example.com",
    "http://10.0.0.1:5000",
    "http://0.0.0.0:5000",
    "http://[::]/",
    "http://localhost.example.com",
    "http://localhost./",
    "http://localhost@example.com",
    "ftp://127.0.0.1",
    "ws://localhost",
    "file://localhost/etc/passwd",
    "javascript:https://example.com",
  ])("refuses %s", (text) => {
    expect(isSecureUrl(new URL(text))).toBe(false);
  });
});
