import { describe, expect, test } from "vitest";
import { verifyCsr } from "../../src/pki/csr.ts";
import { runCampaign } from "../fuzz/campaign.ts";
import { makeCsrSeeds } from "../fuzz/csr-seeds.ts";
import { compareCsr } from "../fuzz/csr-target.ts";
import { encodeNodes } from "../fuzz/der-tree.ts";
import { libcrypto, openLibcrypto } from "../support/libcrypto.ts";
import { requireOrSkip } from "../support/requirements.ts";
import { commonName, dnsNames, EXPECTED, HOST, makeRequest } from "./support/request.ts";
import { makeKeyPair, spkiOf } from "./support/web-crypto.ts";

const openssl = libcrypto();

/** A slice of `npm run fuzz`, with other cases each time. */
describe("requests changed in structure, octets and armour", () => {
  test("are judged without a fault or a hang, and whatever is accepted, others accept with the same key", async () => {
    const { finding, tally } = await runCampaign({
      target: "csr",
      seed: Date.now() % 2 ** 30,
      runs: 3_000,
      workers: 1,
      openssl: openssl.available,
      limit: null,
    });
    expect(finding).toBeNull();
    expect(tally.cases).toBe(3_000);
    expect(Object.keys(tally.outcomes)).toContain("accepted");
  }, 60_000);
});

requireOrSkip("libcrypto", () => openssl)("requests as they are", () => {
  test("have the same key for OpenSSL and @peculiar/x509 where they are accepted", async () => {
    const [seeds, theirs] = [makeCsrSeeds(), openLibcrypto()];
    let accepted = 0;
    for (const { id, nodes, expected } of seeds.all) {
      const der = encodeNodes(nodes ?? []);
      const judged = await verifyCsr(der, expected);
      if (judged.ok) await expect(compareCsr(der, judged.value, seeds, theirs), id).resolves.toBeUndefined();
      accepted += Number(judged.ok);
    }
    await theirs.close();
    expect(accepted).toBeGreaterThan(8);
  });
});

test("one changed bit anywhere in a request ends it", async () => {
  const pair = await makeKeyPair();
  const csr = await makeRequest(pair, { subject: commonName(HOST), extensions: [dnsNames(HOST)] });
  const spki = await spkiOf(pair);
  expect(await verifyCsr(csr, EXPECTED)).toMatchObject({ ok: true, value: { spki } });
  for (let bit = 0; bit < csr.length * 8; bit++) {
    const changed = csr.map((octet, i) => (i === bit >> 3 ? octet ^ (1 << (bit & 7)) : octet));
    expect(await verifyCsr(changed, EXPECTED), `bit ${bit}`).toMatchObject({ ok: false });
  }
});
