import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDate, formatTime } from "../src/time.ts";

describe("formatTime", () => {
  it("writes whole seconds, and Z for UTC", () => {
    expect(formatTime(0)).toBe("1970-01-01T00:00:00Z");
    expect(formatTime(2_524_607_999)).toBe("2049-12-31T23:59:59Z");
    expect(formatDate(2_524_607_999)).toBe("2049-12-31");
  });

  it("is read as the same second", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
        expect(Date.parse(formatTime(seconds))).toBe(seconds * 1000);
      }),
    );
  });
});
