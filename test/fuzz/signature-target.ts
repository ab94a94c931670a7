import { sign } from "node:crypto";
import * as fc from "fast-check";
import { equalBytes } from "../../src/bytes.ts";
import { ecdsaFromDer, ecdsaToDer } from "../../src/pki/ecdsa-signature.ts";
import { parseNodes } from "./der-tree.ts";
import { inBytes, inStructure, type Seed } from "./mutations.ts";
import { makeEcKey } from "./signing-key.ts";
import type { Target } from "./target.ts";

/** Octets of the orders of P-256, P-384 and P-521. */
const SIZES = [32, 48, 66] as const;

/** ECDSA signatures. One signature has one encoding, so what is read is written back as it was. */
export const signatureTarget = (): Target => {
  const seeds = (["P-256", "P-384", "P-521"] as const).map((curve): Seed => {
    const body = Uint8Array.from(sign("sha256", Buffer.from("what is signed"), makeEcKey(curve)));
    return { id: curve, body, nodes: parseNodes(body) };
  });
  return {
    cases: fc
      .oneof(inStructure(seeds), inBytes(seeds))
      .map(({ seed, body, operators }) => ({ body, operators, seed: seed.id })),
    judge: ({ body }) => {
      const read = SIZES.flatMap((size) => ecdsaFromDer(body, size) ?? []);
      if (!read.every((raw) => equalBytes(ecdsaToDer(raw), body)))
        throw new Error("read, and another encoding when written again");
      return Promise.resolve({
        code: read.length === 0 ? "refused" : "read",
        sentence: `${read.length} sizes`,
      });
    },
    reach: ["read", "refused"],
  };
};
