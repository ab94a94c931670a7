import { describe, expect, test } from "vitest";
import { runCampaign } from "../../fuzz/campaign.ts";
import { libcrypto } from "../../support/libcrypto.ts";

/** A slice of `npm run fuzz`, with other cases each time. */
describe("signed messages changed in structure, encoding, octets and armour", () => {
  test("are judged without a fault or a hang, and whatever is believed, OpenSSL verifies with the same content", async () => {
    const { finding, tally } = await runCampaign({
      target: "cms",
      seed: Date.now() % 2 ** 30,
      runs: 1_500,
      workers: 1,
      openssl: libcrypto().available,
      limit: null,
    });
    expect(finding).toBeNull();
    expect(tally.cases).toBe(1_500);
    expect(Object.keys(tally.outcomes)).toContain("accepted");
  }, 60_000);
});
