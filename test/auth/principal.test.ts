import { describe, expect, it } from "vitest";
import { FIRST_USE, isAfterExpiry, type KeyBinding } from "../../src/auth/principal.ts";

const possession = (lapsedSeconds: number): KeyBinding => ({
  kind: "possession",
  serial: "0a",
  spkiSha256: "00",
  proofSha256: "11",
  lapsedSeconds,
});

describe("a renewal", () => {
  it("is after expiry from the first second on, and a valid certificate's is not", () => {
    expect([0, 1, 86_400].map((seconds) => isAfterExpiry(possession(seconds)))).toEqual([false, true, true]);
  });
  it("is what no other evidence makes", () => {
    const others: readonly KeyBinding[] = [
      FIRST_USE,
      { kind: "csr" },
      { kind: "first-use", statedAt: 1, mayRebind: true },
    ];
    expect(others.map(isAfterExpiry)).toEqual([false, false, false]);
  });
});
