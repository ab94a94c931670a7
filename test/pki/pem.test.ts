import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { leafOf, readPem, writePem } from "../../src/pki/pem.ts";

const ONE = writePem(
  "CERTIFICATE",
  Uint8Array.from({ length: 100 }, (_, i) => i),
);
const TWO = writePem("CERTIFICATE", Uint8Array.of(0x30, 0x00));

const blocksOf = (text: string, before: "text" | "blank" = "blank"): number | string => {
  const read = readPem(text, before);
  return read.ok ? read.value.length : read.error;
};

describe("writing PEM", () => {
  test("reads back byte for byte and looks like RFC 7468", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), (bytes) => {
        const text = writePem("X509 CRL", bytes);
        expect(text.split("\n").every((line) => line.length <= 64)).toBe(true);
        expect(text.endsWith("-----END X509 CRL-----\n")).toBe(true);
        expect(readPem(text, "blank")).toEqual({
          ok: true,
          value: [{ label: "X509 CRL", der: Uint8Array.from(bytes) }],
        });
      }),
    );
  });

  test("fills lines to 64 columns and leaves no empty one", () => {
    const lines = writePem("CERTIFICATE", new Uint8Array(96)).split("\n");
    expect(lines.map((line) => line.length)).toEqual([27, 64, 64, 25, 0]);
  });
});

describe("reading PEM", () => {
  test.each([
    ["nothing", "", 0],
    ["blank lines alone", "\n \n\r\n", 0],
    ["one block", ONE, 1],
    ["two blocks", ONE + TWO, 2],
    ["two blocks with blank lines between", `${ONE}\n\n${TWO}\n`, 2],
    ["CRLF line ends", ONE.replaceAll("\n", "\r\n"), 1],
    ["spaces and tabs at line ends", ONE.replaceAll("\n", " \t\n"), 1],
    ["no final newline", ONE.trimEnd(), 1],
    ["one long line of base64", ONE.replaceAll(/(?<=[A-Za-z0-9+/])\n(?=[A-Za-z0-9+/])/g, ""), 1],
  ])("%s is well-formed", (_, text, count) => {
    expect(blocksOf(text)).toBe(count);
  });

  test.each([
    ["text before the block", `Subject: x\n${ONE}`],
    ["text between blocks", `${ONE}x\n${TWO}`],
    ["text after the block", `${ONE}x`],
    ["no END line", ONE.slice(0, ONE.indexOf("-----END"))],
    ["an END line of another label", ONE.replace("END CERTIFICATE", "END X509 CRL")],
    ["an END line without its dashes", ONE.replace("-----END CERTIFICATE-----", "-----END CERTIFICATE--")],
    ["a BEGIN line that is cut off", "-----BEGIN CERTIFICATE"],
    [
      "a BEGIN line that runs into the next line",
      "-----BEGIN CERTI\nFICATE-----\nMAA=\n-----END CERTI\nFICATE-----\n",
    ],
    ["a BEGIN line that does not start its line", ` ${ONE}`],
    ["something after BEGIN on its line", ONE.replace("-----\n", "----- MAA=\n")],
    ["base64 on the BEGIN line", "-----BEGIN CERTIFICATE-----MAA=\n-----END CERTIFICATE-----\n"],
    ["base64 on the END line", "-----BEGIN CERTIFICATE-----\nMAA=-----END CERTIFICATE-----\n"],
    ["an empty block", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"],
    ["RFC 1421 headers", ONE.replace("-----\n", "-----\nProc-Type: 4,ENCRYPTED\n\n")],
    ["the base64url alphabet", "-----BEGIN CERTIFICATE-----\nMAD-\n-----END CERTIFICATE-----\n"],
    ["base64 without its padding", "-----BEGIN CERTIFICATE-----\nMAA\n-----END CERTIFICATE-----\n"],
    [
      "base64 whose unused bits are not zero",
      "-----BEGIN CERTIFICATE-----\nMAB=\n-----END CERTIFICATE-----\n",
    ],
    ["padding in the middle", "-----BEGIN CERTIFICATE-----\nMAA=MAA=\n-----END CERTIFICATE-----\n"],
    ["a space inside a line", "-----BEGIN CERTIFICATE-----\nMA A=\n-----END CERTIFICATE-----\n"],
    ["a space before a line", "-----BEGIN CERTIFICATE-----\n MAA=\n-----END CERTIFICATE-----\n"],
    ["a NUL", "-----BEGIN CERTIFICATE-----\nMAA=\0\n-----END CERTIFICATE-----\n"],
    ["line ends of old Macs", ONE.replaceAll("\n", "\r")],
  ])("%s is refused", (_, text) => {
    expect(blocksOf(text)).toEqual(expect.any(String));
  });

  test("text may stand before the first block alone, and only where the caller says so", () => {
    expect(blocksOf(`Phone: (not specified)\n\n${ONE}`, "text")).toBe(1);
    expect(blocksOf(`Phone: (not specified)${ONE}`, "text")).toEqual(expect.any(String));
    expect(blocksOf(`-----END CERTIFICATE-----\n${ONE}`, "text")).toEqual(expect.any(String));
    expect(blocksOf(`${ONE}Phone: (not specified)\n${TWO}`, "text")).toEqual(expect.any(String));
  });

  test.each([
    ["BEGIN lines", "-----BEGIN CERTIFICATE-----\n"],
    ["BEGIN lines without an end", "-----BEGIN "],
    ["dashes", "-"],
    ["header lines", "-----BEGIN CERTIFICATE-----\nX-Header: value\n"],
    ["spaces", " "],
    ["blank lines", "\n"],
    ["whole blocks", TWO],
  ])("four megabytes of %s take linear time", (_, unit) => {
    const text = unit.repeat(Math.ceil(4_000_000 / unit.length));
    const started = performance.now();
    readPem(text, "text");
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe("leafOf", () => {
  test("is the first block of a chain, with its newline", () => {
    expect(leafOf(ONE + TWO)).toBe(ONE);
    expect(leafOf(ONE)).toBe(ONE);
    expect(leafOf("")).toBe("");
  });
});
