import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration } from "../../src/policy/duration.ts";

describe("durations", () => {
  it.each([
    ["0s", 0],
    ["45s", 45],
    ["15m", 900],
    ["36h", 129_600],
    ["30d", 2_592_000],
    ["9999999d", 863_999_913_600],
  ])("%s is %d seconds", (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each([
    "",
    "h",
    "1",
    "01h",
    "1.5h",
    "-1h",
    "+1h",
    " 1h",
    "1h ",
    "1h\n",
    "1H",
    "1w",
    "1h30m",
    "1e3s",
    "12345678s",
    "١h",
  ])("%j is not a duration", (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  it.each([
    [0, "0s"],
    [59, "59s"],
    [129_600, "36h"],
    [86_400, "1d"],
    [90_061, "90061s"],
  ])("%d seconds are written %s", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it("reads back what it writes", () => {
    fc.assert(
      fc.property(fc.nat(9_999_999), (seconds) => parseDuration(formatDuration(seconds)) === seconds),
    );
  });
});
