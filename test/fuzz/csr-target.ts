import { equalBytes, toHex } from "../../src/bytes.ts";
import { readCsr } from "../../src/pki/csr-envelope.ts";
import { verifyCsr } from "../../src/pki/csr.ts";
import type { Bytes } from "../../src/pki/der/reader.ts";
import type { VerifiedKey } from "../../src/pki/key.ts";
import type { RefusalCode } from "../../src/refusal.ts";
import { oracle } from "../pki/support/oracle.ts";
import type { Libcrypto } from "../support/libcrypto.ts";
import { csrCases, type CsrCase } from "./csr-cases.ts";
import { makeCsrSeeds, type CsrSeeds } from "./csr-seeds.ts";
import type { Outcome, Target } from "./target.ts";

/** All that the CSR path says no with (src/pki/csr.ts). */
const REFUSALS: readonly RefusalCode[] = [
  "malformed-csr",
  "key-type-not-allowed",
  "weak-key",
  "name-not-allowed",
  "csr-signature-invalid",
];

/** Bytes to verified key. Whatever is accepted, OpenSSL and @peculiar/x509 accept with the same key. */
export const csrTarget = (openssl: Libcrypto | null): Target<CsrCase> => {
  const seeds = makeCsrSeeds();
  return {
    cases: csrCases(seeds),
    judge: (one) => judge(one, seeds, openssl),
    reach: ["accepted", ...REFUSALS],
  };
};

const judge = async (
  { body, expected }: CsrCase,
  seeds: CsrSeeds,
  openssl: Libcrypto | null,
): Promise<Outcome> => {
  const der = readCsr(body);
  const judged = der.ok ? await verifyCsr(der.value, expected) : der;
  if (!judged.ok) {
    const { code, detail } = judged.error;
    if (!REFUSALS.includes(code)) throw new Error(`refused with ${code}, which is no code of a CSR`);
    return { code, sentence: detail };
  }
  if (der.ok) await compareCsr(der.value, judged.value, seeds, openssl);
  return { code: "accepted", sentence: judged.value.type };
};

/** Throws unless OpenSSL (where it is there) and @peculiar/x509 accept what was accepted, with the same key. */
export const compareCsr = async (
  der: Bytes,
  { spki }: VerifiedKey,
  { signers }: CsrSeeds,
  openssl: Libcrypto | null,
): Promise<void> => {
  if (!signers.has(toHex(spki))) throw new Error("accepted with a key that has signed nothing");
  const theirs = new oracle.Pkcs10CertificateRequest(der);
  if (!(await theirs.verify())) throw new Error("accepted, and @peculiar/x509 does not verify it");
  if (!equalBytes(new Uint8Array(theirs.publicKey.rawData), spki))
    throw new Error("accepted, and @peculiar/x509 reads another key");
  if (openssl === null) return;
  const read = await openssl.csr(der);
  if (read === null) throw new Error("accepted, and OpenSSL does not read or verify it");
  if (!equalBytes(read, spki)) throw new Error("accepted, and OpenSSL reads another key");
};
