import { describe, expect, it } from "vitest";
import { fromBase64, toBase64 } from "../../src/bytes.ts";

/** The engine's own base64, which Node 24 has not: what test/bytes.test.ts asks of the other one. */
describe("base64 in a Worker", () => {
  it("is the engine's, and writes what btoa does", () => {
    for (let length = 0; length < 200; length++) {
      const bytes = crypto.getRandomValues(new Uint8Array(length));
      expect(bytes.toBase64?.()).toBe(btoa(String.fromCharCode(...bytes)));
      expect(fromBase64(toBase64(bytes))).toEqual(bytes);
    }
  });
  it.each(["A", "AA", "AA=", "AAA", "AB==", "AA==\n", " AAAA", "A-_A", "A===", "====", "AAAÄ"])(
    "refuses %j",
    (text) => expect(fromBase64(text)).toBeNull(),
  );
});
