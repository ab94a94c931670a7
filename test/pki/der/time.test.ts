import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../../src/bytes.ts";
import { decode, DerError } from "../../../src/pki/der/reader.ts";
import { TAG } from "../../../src/pki/der/tags.ts";
import { time } from "../../../src/pki/der/time.ts";
import { element, time as writeTime } from "../../../src/pki/der/writer.ts";

const read = (tag: number, text: string): number => time(decode(element(tag, utf8(text))));

describe("times of RFC 5280 §4.1.2.5", () => {
  test("read back to the second, from 1950 to 9999", () => {
    const first = Date.UTC(1950, 0, 1) / 1000;
    const last = Date.UTC(9999, 11, 31, 23, 59, 59) / 1000;
    fc.assert(
      fc.property(fc.integer({ min: first, max: last }), (seconds) => {
        expect(time(decode(writeTime(seconds)))).toBe(seconds);
      }),
    );
  });

  test("turn the century at 50", () => {
    expect(read(TAG.utcTime, "491231235959Z")).toBe(Date.UTC(2049, 11, 31, 23, 59, 59) / 1000);
    expect(read(TAG.utcTime, "500101000000Z")).toBe(Date.UTC(1950, 0, 1) / 1000);
  });

  test("that have no well-defined end are read as the end of year 9999", () => {
    expect(read(TAG.generalizedTime, "99991231235959Z")).toBe(253_402_300_799);
  });

  test.each([
    ["UTCTime without seconds", TAG.utcTime, "2611221200Z"],
    ["UTCTime with an offset", TAG.utcTime, "261122120000+0100"],
    ["UTCTime without Z", TAG.utcTime, "2611221200000"],
    ["UTCTime with letters", TAG.utcTime, "26112212000aZ"],
    ["a month 13", TAG.utcTime, "261322120000Z"],
    ["30 February", TAG.utcTime, "260230120000Z"],
    ["29 February of a common year", TAG.utcTime, "270229120000Z"],
    ["hour 24", TAG.utcTime, "261122240000Z"],
    ["a leap second", TAG.utcTime, "261231235960Z"],
    ["GeneralizedTime before 2050", TAG.generalizedTime, "20491231235959Z"],
    ["GeneralizedTime with a fraction", TAG.generalizedTime, "20500101000000.5Z"],
    ["GeneralizedTime without Z", TAG.generalizedTime, "20500101000000"],
    ["a time as text", TAG.utf8String, "261122120000Z"],
    ["a time of a megabyte", TAG.utcTime, "2".repeat(1_000_000)],
  ])("%s is refused", (_, tag, text) => {
    expect(() => read(tag, text)).toThrow(DerError);
  });
});
