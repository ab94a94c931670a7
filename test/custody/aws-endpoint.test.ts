import { describe, expect, it } from "vitest";
import { isAwsEndpoint } from "../../src/custody/aws-endpoint.ts";

describe("isAwsEndpoint", () => {
  it.each([
    "https://vpce-1.secretsmanager.eu-central-1.vpce.amazonaws.com",
    "https://10.0.0.1:8443/base",
    "http://127.0.0.1:5000",
    "http://localhost:4566",
    "http://[::1]:5000/",
  ])("takes %s", (text) => {
    expect(isAwsEndpoint(text)).toBe(true);
  });

  it.each([
    ["http to another host", "http://secretsmanager.example.com"],
    ["http to another host in capitals", "HTTP://EXAMPLE.COM"],
    ["http to a neighbour", "http://10.0.0.1:5000"],
    ["http to every interface", "http://0.0.0.0:5000"],
    ["http to a host that only begins alike", "http://localhost.example.com"],
    ["http to a host in front of which stands this machine", "http://localhost@example.com"],
    ["http to the metadata service", "http://169.254.169.254/latest"],
    ["another scheme", "ftp://127.0.0.1"],
    ["a file", "file:///etc/passwd"],
    ["a user", "https://user:password@example.com"],
    ["a query", "https://example.com/?x=1"],
    ["a fragment", "https://example.com/#x"],
    ["no scheme", "secretsmanager.example.com"],
    ["nothing", ""],
  ])("refuses %s", (_what, text) => {
    expect(isAwsEndpoint(text)).toBe(false);
  });
});
