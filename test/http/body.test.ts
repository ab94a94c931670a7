import { describe, expect, it } from "vitest";
import { MAX_BODY_BYTES, readBody } from "../../src/http/body.ts";

const post = (body: BodyInit | null, headers: Record<string, string> = {}): Request =>
  new Request("http://a/", { method: "POST", body, headers, duplex: "half" } as RequestInit);

const outcome = async (request: Request): Promise<string | number> => {
  const body = await readBody(request);
  return body.ok ? body.value.length : body.error.code;
};

/** A stream that would never end, and counts what was taken from it. */
const endless = () => {
  let taken = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      taken += 1024;
      controller.enqueue(new Uint8Array(1024));
    },
  });
  return { stream, taken: () => taken };
};

describe("a body", () => {
  it("is read whole up to the limit", async () => {
    expect(await outcome(post(new Uint8Array(MAX_BODY_BYTES)))).toBe(MAX_BODY_BYTES);
  });
  it("may be absent", async () => {
    expect(await outcome(post(null))).toBe(0);
  });
  it("over the limit by its Content-Length is not read at all", async () => {
    const { stream, taken } = endless();
    expect(await outcome(post(stream, { "Content-Length": String(MAX_BODY_BYTES + 1) }))).toBe(
      "body-too-large",
    );
    expect(taken()).toBeLessThanOrEqual(1024);
  });
  it("over the limit without a Content-Length is cut off while it streams", async () => {
    const { stream, taken } = endless();
    expect(await outcome(post(stream))).toBe("body-too-large");
    expect(taken()).toBeLessThan(2 * MAX_BODY_BYTES);
  });
  it("that was compressed is refused: a bomb would unpack after the count", async () => {
    expect(await outcome(post("x", { "Content-Encoding": "gzip" }))).toBe("media-type-unsupported");
  });
  it.each(["multipart/form-data; boundary=x", "application/xml", "text/xml; charset=utf-8", "text/html"])(
    "of the type %s is refused",
    async (type) => {
      expect(await outcome(post("x", { "Content-Type": type }))).toBe("media-type-unsupported");
    },
  );
  it.each([
    "application/x-www-form-urlencoded",
    "application/pkcs10",
    "text/plain",
    "application/octet-stream",
  ])("of the type %s is read", async (type) => {
    expect(await outcome(post("x", { "Content-Type": type }))).toBe(1);
  });
});
