import { describe, expect, test } from "vitest";
import { fromHex } from "../../src/bytes.ts";
import { isFullOrderPoint } from "../../src/pki/ed25519-point.ts";
import { exportKey, makeKeyPair } from "./support/web-crypto.ts";

const hex = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array();

test("keys that WebCrypto makes are of full order", async () => {
  for (let i = 0; i < 20; i++) {
    const { publicKey } = await makeKeyPair("Ed25519");
    expect(isFullOrderPoint(await exportKey("raw", publicKey))).toBe(true);
  }
});

describe("encodings of the points of small order", () => {
  test.each([
    ["order 4", "00".repeat(32)],
    ["order 4, other sign", `${"00".repeat(31)}80`],
    ["order 1", `01${"00".repeat(31)}`],
    ["order 1, other sign", `01${"00".repeat(30)}80`],
    ["order 2", `ec${"ff".repeat(30)}7f`],
    ["order 2, other sign", `ec${"ff".repeat(31)}`],
    ["order 8, first", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"],
    ["order 8, first, other sign", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"],
    ["order 8, second", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"],
    ["order 8, second, other sign", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"],
    ["p, which is 0 unreduced", `ed${"ff".repeat(30)}7f`],
    ["p + 1, which is 1 unreduced", `ee${"ff".repeat(30)}7f`],
  ])("%s is refused", (_, encoded) => {
    expect(isFullOrderPoint(hex(encoded))).toBe(false);
  });
});

test("anything but 32 octets is refused", () => {
  expect(isFullOrderPoint(new Uint8Array(31).fill(9))).toBe(false);
  expect(isFullOrderPoint(new Uint8Array(33).fill(9))).toBe(false);
});
