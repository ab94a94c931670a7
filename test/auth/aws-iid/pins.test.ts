import { describe, expect, it } from "vitest";
import { isRegion } from "../../../src/auth/aws-arn.ts";
import { regionPins, signerName } from "../../../src/auth/aws-iid/pins.ts";
import regionCertificates from "../../../src/auth/aws-iid/region-certificates.json" with { type: "json" };
import { sha256Hex } from "../../../src/bytes.ts";
import { verifySignedBy } from "../../../src/pki/certificate.ts";
import { acceptPublicKey } from "../../../src/pki/key-policy.ts";
import { NOON } from "../../support/ledger-requests.ts";

describe("the certificates that AWS publishes for its regions", () => {
  it("say where and when they were read", () => {
    for (const { region, source, retrieved } of regionCertificates) {
      expect(isRegion(region)).toBe(true);
      expect(source).toMatch(/^https:\/\/docs\.aws\.amazon\.com\//);
      expect(retrieved).toMatch(/^2[0-9]{3}-[0-9]{2}-[0-9]{2}$/);
    }
  });
  it("are one a region, and one signer each", () => {
    expect(new Set(regionPins().map(({ region }) => region)).size).toBe(regionPins().length);
    expect(new Set(regionPins().map(({ certificate }) => signerName(certificate))).size).toBe(
      regionPins().length,
    );
  });
  it.each(regionPins())(
    "are whole: that of $region signed itself, with an RSA key that holds",
    async ({ certificate }) => {
      const key = acceptPublicKey(certificate.tbs.spki);
      expect(key.ok && key.value.type).toBe("rsa-2048");
      expect(key.ok && (await verifySignedBy(certificate, key.value))).toBe(true);
      expect(certificate.tbs.notBefore < NOON && NOON < certificate.tbs.notAfter).toBe(true);
    },
  );
  it("are AWS's: the digest of us-east-1 is the one that others have pinned", async () => {
    const pin = regionPins().find(({ region }) => region === "us-east-1");
    expect(pin && (await sha256Hex(pin.certificate.der))).toBe(
      "70923c22dd074172d0e5d27ea1ca865412525fccd8bc2cd0ff40660e275f0b30",
    );
  });
});
