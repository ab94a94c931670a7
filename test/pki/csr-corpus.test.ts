import { expect, test } from "vitest";
import { err, type Result } from "../../src/result.ts";
import type { Refusal } from "../../src/refusal.ts";
import { readCsr } from "../../src/pki/csr-envelope.ts";
import { verifyCsr } from "../../src/pki/csr.ts";
import type { VerifiedKey } from "../../src/pki/key.ts";
import { csrEntries, describeCorpus, expectationFor, readCsrFile, type CsrEntry } from "./support/corpus.ts";

/** Where the corpus leaves the choice to the service, ours differs from its verdict here (docs/certificate-profile.md). */
const OUR_CHOICE: ReadonlyMap<string, "accept" | "reject"> = new Map([
  // Harmless: a key is one key whatever its signature
  ["sig-high-s", "accept"],
  // A primality test costs a hundred signatures, and only its own holder can make such a key (src/pki/rsa-weakness.ts)
  ["rsa-n-prime", "accept"],
  // RFC 3279 §2.3.1: the certificate would carry an SPKI that not every peer reads
  ["spki-rsa-null-absent", "reject"],
]);

/** The codes by which a class of attack shows in the log. */
const CODES: readonly { readonly reason: RegExp; readonly codes: readonly string[] }[] = [
  { reason: /^(?:pem|form|attr|ext)\./, codes: ["malformed-csr"] },
  { reason: /^key\./, codes: ["weak-key", "key-type-not-allowed", "malformed-csr"] },
  { reason: /^sig\./, codes: ["csr-signature-invalid", "name-not-allowed"] },
  { reason: /^(?:san|cn|name)\./, codes: ["name-not-allowed", "malformed-csr"] },
  { reason: /^(?:der|dos)\./, codes: ["malformed-csr", "weak-key"] },
];

const judge = async (entry: CsrEntry): Promise<Result<VerifiedKey, Refusal>> => {
  const der = readCsr(readCsrFile(entry));
  return der.ok ? verifyCsr(der.value, expectationFor(entry)) : err(der.error);
};

const verdictOf = (entry: CsrEntry): "accept" | "reject" => OUR_CHOICE.get(entry.id) ?? entry.expected;

describeCorpus("the corpus of certification requests", () => {
  test("is there and leaves the choice where we took it", () => {
    expect(csrEntries.length).toBeGreaterThan(200);
    const chosen = csrEntries.filter(({ id }) => OUR_CHOICE.has(id));
    expect(chosen.map(({ strength }) => strength)).toEqual(["either", "either", "either"]);
  });

  test.each(csrEntries.filter((entry) => verdictOf(entry) === "accept"))(
    "$id is accepted: $reason",
    async (entry) => {
      const judged = await judge(entry);
      expect(judged).toMatchObject({ ok: true });
      if (judged.ok) expect(judged.value.spkiSha256).toBe(entry.spki_sha256 ?? judged.value.spkiSha256);
    },
  );

  test.each(csrEntries.filter((entry) => verdictOf(entry) === "reject"))(
    "$id is refused: $reason",
    async (entry) => {
      const started = performance.now();
      const judged = await judge(entry);
      expect(performance.now() - started).toBeLessThan(entry.max_ms);
      const codes = CODES.find(({ reason }) => reason.test(entry.reason))?.codes;
      expect(codes).toContain(judged.ok ? "accepted" : judged.error.code);
    },
  );

  test.each(csrEntries.filter(({ reason }) => reason.startsWith("dos.") && reason !== "dos.pem"))(
    "$id is refused in time without the size limit as well",
    async (entry) => {
      const started = performance.now();
      const judged = await verifyCsr(decodeWithoutLimit(entry), expectationFor(entry));
      expect(performance.now() - started).toBeLessThan(entry.max_ms);
      expect(judged).toMatchObject({ ok: false });
    },
  );
});

/** The DER of a request of any size, by the forgiving decoder of Node; what is not PEM goes in as it is. */
const decodeWithoutLimit = (entry: CsrEntry): Uint8Array<ArrayBuffer> => {
  const bytes = readCsrFile(entry);
  if (entry.format !== "pem") return bytes;
  const text = new TextDecoder().decode(bytes).replaceAll(/-----[A-Z ]+-----/g, "");
  return Uint8Array.from(Buffer.from(text, "base64"));
};
