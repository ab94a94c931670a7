import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readCsr } from "../../src/pki/csr-envelope.ts";
import { verifyCsr, type CsrExpectation } from "../../src/pki/csr.ts";
import type { Bytes } from "../../src/pki/der/reader.ts";
import { csrEntries, describeCorpus, expectationFor, readCsrFile, type CsrEntry } from "./support/corpus.ts";
import { oracle } from "./support/oracle.ts";
import { commonName, dnsNames, HOST, makeRequest } from "./support/request.ts";
import { makeKeyPair, spkiOf } from "./support/web-crypto.ts";

/** What an octet becomes. */
const MUTATIONS = {
  set: (_: number, octet: number) => [octet],
  cut: () => [],
  insert: (here: number, octet: number) => [octet, here],
  repeat: (here: number) => [here, here],
} satisfies Record<string, (here: number, octet: number) => readonly number[]>;

/** Far above any honest verification, so that only a hang or a blow-up fails. */
const MAX_MS = 1_000;

const derOf = (entry: CsrEntry): Bytes | null => {
  const der = readCsr(readCsrFile(entry));
  return der.ok ? der.value : null;
};

describeCorpus("requests with octets changed, cut out, repeated or added", () => {
  const seeds = csrEntries.flatMap((entry) => {
    const der = derOf(entry);
    return der === null || der.length > 2_000 ? [] : [{ entry, der }];
  });

  test("are judged without a fault, in time, and never gain another key", async () => {
    const mutations = fc.array(
      fc.record({
        at: fc.nat(),
        octet: fc.nat(255),
        kind: fc.constantFrom("set" as const, "cut" as const, "insert" as const, "repeat" as const),
      }),
      { minLength: 1, maxLength: 3 },
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...seeds), mutations, async ({ entry, der }, changes) => {
        const started = performance.now();
        const judged = await verifyCsr(changes.reduce(mutate, der), expectationFor(entry));
        expect(performance.now() - started).toBeLessThan(MAX_MS);
        if (judged.ok) expect(Buffer.from(der).includes(Buffer.from(judged.value.spki))).toBe(true);
      }),
      { numRuns: 1_500 },
    );
  });

  test("of text forms are read without a fault, in time", () => {
    const texts = csrEntries.map(readCsrFile).filter((body) => body.length < 2_000);
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.nat(), fc.nat(255), (body, at, octet) => {
        const read = readCsr(mutate(body, { at, octet, kind: octet % 2 === 0 ? "set" : "insert" }));
        expect(read.ok || read.error.code === "malformed-csr").toBe(true);
      }),
      { numRuns: 1_500 },
    );
  });

  test("whatever is accepted, @peculiar/x509 accepts with the same key", async () => {
    for (const { entry, der } of seeds) {
      const judged = await verifyCsr(der, expectationFor(entry));
      if (!judged.ok) continue;
      const theirs = new oracle.Pkcs10CertificateRequest(der);
      expect(await theirs.verify(), entry.id).toBe(true);
      expect(new Uint8Array(theirs.publicKey.rawData), entry.id).toEqual(judged.value.spki);
    }
  });
});

test("one changed bit anywhere in a request ends it", async () => {
  const pair = await makeKeyPair();
  const csr = await makeRequest(pair, { subject: commonName(HOST), extensions: [dnsNames(HOST)] });
  const spki = await spkiOf(pair);
  const expected: CsrExpectation = {
    host: HOST,
    names: [{ type: "dns", value: HOST }],
    keys: new Set(["ec-p256"]),
    blockedKeys: new Set(),
    caSpkiSha256: "00",
  };
  expect(await verifyCsr(csr, expected)).toMatchObject({ ok: true, value: { spki } });
  for (let bit = 0; bit < csr.length * 8; bit++) {
    const changed = csr.map((octet, i) => (i === bit >> 3 ? octet ^ (1 << (bit & 7)) : octet));
    expect(await verifyCsr(changed, expected), `bit ${bit}`).toMatchObject({ ok: false });
  }
});

interface Mutation {
  readonly at: number;
  readonly octet: number;
  readonly kind: keyof typeof MUTATIONS;
}

function mutate(bytes: Bytes, { at, octet, kind }: Mutation): Bytes {
  const where = at % Math.max(bytes.length, 1);
  const middle = MUTATIONS[kind](bytes[where] ?? 0, octet);
  return Uint8Array.of(...bytes.subarray(0, where), ...middle, ...bytes.subarray(where + 1));
}
