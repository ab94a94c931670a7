import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes.ts";
import { decode } from "../../src/pki/der/reader.ts";
import { integer } from "../../src/pki/der/writer.ts";
import { makeSerial } from "../../src/pki/serial.ts";

const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));

describe("serial-positive", () => {
  test.each([
    ["all zeros", 0x00],
    ["all ones", 0xff],
    ["the sign bit", 0x80],
  ])("%s from the generator still gives a positive number of 34 digits", (_, octet) => {
    const serial = makeSerial((length) => new Uint8Array(length).fill(octet));
    const { content } = decode(integer(serial));
    expect(toHex(serial)).toMatch(/^(?!00)[0-9a-f]{34}$/);
    expect(content[0]).toBeLessThan(0x80);
    expect(content.length).toBeLessThanOrEqual(18);
  });
});

test("serial-entropy: 10,000 serials never repeat and every bit is a fair coin", () => {
  const samples = 10_000;
  const serials = Array.from({ length: samples }, () => makeSerial(random));
  expect(new Set(serials.map(toHex)).size).toBe(samples);
  // Five standard deviations for each of 136 bits: a fair generator fails once in ten thousand runs
  const tolerance = 5 * Math.sqrt(samples / 4);
  for (let bit = 0; bit < 136; bit++) {
    const ones = serials.filter((serial) => ((serial[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0).length;
    expect(Math.abs(ones - samples / 2), `bit ${bit}`).toBeLessThan(tolerance);
  }
});
