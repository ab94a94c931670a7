import { describe, expect, it } from "vitest";
import { regionPins } from "../../src/auth/aws-iid/pins.ts";
import { parsePinnedCertificate } from "../../src/auth/pinned-certificate.ts";
import { toBase64 } from "../../src/bytes.ts";
import { writePem } from "../../src/pki/pem.ts";

describe("a pinned certificate", () => {
  const der = regionPins()[0]?.certificate.der ?? new Uint8Array();
  it("is one PEM block, or its DER in base64", () => {
    for (const text of [writePem("CERTIFICATE", der), toBase64(der)])
      expect(parsePinnedCertificate(text)?.der).toEqual(der);
  });
  it("is nothing else", () => {
    const pem = writePem("CERTIFICATE", der);
    for (const text of ["", "AAAA", pem + pem, writePem("PUBLIC KEY", der), pem.slice(0, -40)])
      expect(parsePinnedCertificate(text)).toBeNull();
  });
});
