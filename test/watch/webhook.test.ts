import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { postSigned, signatureHeader, type Post } from "../../src/watch/webhook.ts";

const TARGET = { url: "https://hooks.example.com/interlock", key: "k".repeat(32) };
const NOW = 1_800_000_000;

const answering =
  (status: number): Post =>
  async () =>
    new Response(status === 204 ? null : "", { status });

describe("a signed message", () => {
  it("is signed over its time and its body, so that a receiver can check both", async () => {
    const mac = createHmac("sha256", TARGET.key)
      .update(`${String(NOW)}.{"a":1}`)
      .digest("hex");
    expect(await signatureHeader(TARGET.key, NOW, '{"a":1}')).toBe(`t=${String(NOW)},v1=${mac}`);
  });
  it("is posted as JSON, and no redirect is followed", async () => {
    let sent: [string, RequestInit] | null = null;
    const post: Post = async (url, init) => {
      sent = [url, init];
      return new Response();
    };
    expect(await postSigned(TARGET, { kind: "will-expire" }, NOW, post)).toBe(true);
    expect(sent).toMatchObject([
      TARGET.url,
      {
        method: "POST",
        body: '{"kind":"will-expire"}',
        redirect: "manual",
        headers: { "Interlock-Signature": await signatureHeader(TARGET.key, NOW, '{"kind":"will-expire"}') },
      },
    ]);
  });
  it.each([
    [200, true],
    [204, true],
    [302, false],
    [404, false],
    [500, false],
  ])("that is answered with %i is taken: %s", async (status, taken) => {
    expect(await postSigned(TARGET, {}, NOW, answering(status))).toBe(taken);
  });
  it("that nobody answers is not taken", async () => {
    expect(await postSigned(TARGET, {}, NOW, () => Promise.reject(new TypeError("refused")))).toBe(false);
  });
});
