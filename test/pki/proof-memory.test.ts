import { afterEach, describe, expect, test, vi } from "vitest";
import { sha256Hex, utf8 } from "../../src/bytes.ts";
import { verifyCsr } from "../../src/pki/csr.ts";
import type { Bytes } from "../../src/pki/der/reader.ts";
import { proofMemory, type ProofMemory } from "../../src/pki/proof-memory.ts";
import { EXPECTED, makeRequest } from "./support/request.ts";
import { makeKeyPair, spkiOf } from "./support/web-crypto.ts";

const pair = await makeKeyPair();
const request = await makeRequest(pair);

afterEach(() => vi.restoreAllMocks());

const verdict = async (csr: Bytes, memory: ProofMemory, expected = EXPECTED): Promise<string> => {
  const judged = await verifyCsr(csr, expected, memory);
  return judged.ok ? "accepted" : judged.error.code;
};

/** The last octet of a request belongs to its signature. */
const withAnotherSignature = (csr: Bytes): Bytes => {
  const forged = csr.slice();
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
  return forged;
};

describe("a request that has proved its key", () => {
  test("is not verified a second time, and is accepted with the same key", async () => {
    const verify = vi.spyOn(crypto.subtle, "verify");
    const memory = proofMemory();
    const first = await verifyCsr(request, EXPECTED, memory);
    expect(await verifyCsr(request.slice(), EXPECTED, memory)).toEqual(first);
    expect(verify).toHaveBeenCalledTimes(1);
  });

  test("says nothing about the same key under another signature", async () => {
    const memory = proofMemory();
    expect(await verdict(request, memory)).toBe("accepted");
    expect(await verdict(withAnotherSignature(request), memory)).toBe("csr-signature-invalid");
  });

  test("is judged anew by what the cluster takes now", async () => {
    const memory = proofMemory();
    expect(await verdict(request, memory)).toBe("accepted");
    const blockedKeys = new Set([await sha256Hex(await spkiOf(pair))]);
    expect(await verdict(request, memory, { ...EXPECTED, blockedKeys })).toBe("weak-key");
    expect(await verdict(request, memory, { ...EXPECTED, keys: new Set(["ed25519"]) })).toBe(
      "key-type-not-allowed",
    );
    expect(await verdict(request, memory, { ...EXPECTED, host: "b.example.internal" })).toBe(
      "name-not-allowed",
    );
  });
});

test("a request that failed is verified every time", async () => {
  const verify = vi.spyOn(crypto.subtle, "verify");
  const memory = proofMemory();
  const forged = withAnotherSignature(request);
  for (let i = 0; i < 2; i += 1) expect(await verdict(forged, memory)).toBe("csr-signature-invalid");
  expect(verify).toHaveBeenCalledTimes(2);
});

test("a full memory forgets the oldest and keeps its size", async () => {
  const memory = proofMemory(2);
  for (const request of ["a", "b", "c"]) await memory(utf8(request), () => Promise.resolve(true));
  const proven = async (request: string): Promise<boolean> =>
    memory(utf8(request), () => Promise.resolve(false));
  expect([await proven("a"), await proven("b"), await proven("c")]).toEqual([false, true, true]);
});
