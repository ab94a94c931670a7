import { expect, it } from "vitest";
import { unserved } from "../../src/http/unserved.ts";
import type { LogLine } from "../../src/log.ts";

it("answers with a fault that says nothing specific, and logs what it was, where the API cannot be made", async () => {
  const lines: LogLine[] = [];
  const request = new Request("https://interlock.example/healthz");
  const response = unserved(
    request,
    new Error("no such module: part-X.js"),
    (line) => lines.push(line),
    () => 0,
  );
  expect(response.status).toBe(500);
  expect(response.headers.get("Cache-Control")).toBe("no-store");
  const text = await response.text();
  expect(JSON.parse(text)).toMatchObject({
    code: "internal",
    requestId: response.headers.get("X-Request-Id"),
  });
  expect(text).not.toContain("part-X");
  expect(lines).toMatchObject([
    {
      level: "error",
      status: 500,
      cause: "Error: no such module: part-X.js",
      requestId: response.headers.get("X-Request-Id"),
    },
  ]);
});
