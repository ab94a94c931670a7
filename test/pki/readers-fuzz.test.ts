import { expect, test } from "vitest";
import { runCampaign } from "../fuzz/campaign.ts";

/** Slices of `npm run fuzz`, with other cases each time. Here OpenSSL is Node's own. */
test.each([
  ["certificates", "certificate"],
  ["public keys and points", "key"],
  ["ECDSA signatures", "signature"],
  ["armoured texts", "pem"],
] as const)(
  "changed %s are read without a fault or a hang, and as others read them",
  async (_, target) => {
    const { finding, tally } = await runCampaign({
      target,
      seed: Date.now() % 2 ** 30,
      runs: 800,
      workers: 1,
      openssl: false,
      limit: null,
    });
    expect(finding).toBeNull();
    expect(tally.cases).toBe(800);
  },
  60_000,
);
