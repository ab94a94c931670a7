import { describe, expect, test } from "vitest";
import { fromHex } from "../../src/bytes.ts";
import { isOnCurve } from "../../src/pki/ec-point.ts";
import { exportKey, makeKeyPair } from "./support/web-crypto.ts";

const CURVES = [
  ["ec-p256", "P-256", 32],
  ["ec-p384", "P-384", 48],
  ["ec-p521", "P-521", 66],
] as const;

const rawPoint = async (curve: "P-256" | "P-384" | "P-521"): Promise<Uint8Array> =>
  exportKey("raw", (await makeKeyPair(curve)).publicKey);

const withOctet = (point: Uint8Array, at: number, change: (octet: number) => number): Uint8Array =>
  Uint8Array.from(point, (octet, i) => (i === at ? change(octet) : octet));

describe.each(CURVES)("%s", (type, curve, size) => {
  test("takes every point that WebCrypto makes", async () => {
    for (let i = 0; i < 20; i++) expect(isOnCurve(type, await rawPoint(curve))).toBe(true);
  });

  test("refuses a point that is one bit off the curve", async () => {
    const point = await rawPoint(curve);
    for (let at = 1; at < point.length; at += 7) {
      expect(
        isOnCurve(
          type,
          withOctet(point, at, (octet) => octet ^ 1),
        ),
      ).toBe(false);
    }
  });

  test("refuses the other forms of the same point", async () => {
    const point = await rawPoint(curve);
    const hybrid = 6 + ((point.at(-1) ?? 0) & 1);
    const compressed = 2 + ((point.at(-1) ?? 0) & 1);
    expect(
      isOnCurve(
        type,
        withOctet(point, 0, () => hybrid),
      ),
    ).toBe(false);
    expect(
      isOnCurve(
        type,
        withOctet(point.slice(0, 1 + size), 0, () => compressed),
      ),
    ).toBe(false);
    expect(isOnCurve(type, point.slice(0, -1))).toBe(false);
    expect(isOnCurve(type, Uint8Array.from([...point, 0]))).toBe(false);
  });

  test("refuses infinity, zero and nothing", () => {
    expect(isOnCurve(type, Uint8Array.of(0))).toBe(false);
    expect(isOnCurve(type, Uint8Array.of(4, ...new Uint8Array(2 * size)))).toBe(false);
    expect(isOnCurve(type, new Uint8Array())).toBe(false);
  });
});

test("a coordinate that is not reduced is refused though it satisfies the equation", () => {
  // P-256 has a point with x = 5; x + p is the same point in an encoding that is too large
  const p = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
  const y = 31468013646237722594854082025316614106172411895747863909393730389177298123724n;
  const encode = (x: bigint): Uint8Array =>
    Uint8Array.of(4, ...(fromHex(x.toString(16).padStart(64, "0") + y.toString(16).padStart(64, "0")) ?? []));
  expect(isOnCurve("ec-p256", encode(5n))).toBe(true);
  expect(isOnCurve("ec-p256", encode(5n + p))).toBe(false);
});
