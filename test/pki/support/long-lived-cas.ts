import * as fc from "fast-check";
import type { IssuingCa } from "../../../src/pki/issuing-ca.ts";
import { makeAuthority, makeIssuingCa, NOW } from "./authority.ts";
import { DAY } from "./order.ts";
import type { KeyAlgorithm } from "./web-crypto.ts";

/** CAs of every kind that live beyond 2050, where the form of a time changes (RFC 5280 §4.1.2.5). */

export const CA_ALGORITHMS = ["P-256", "P-384", "RSA", "Ed25519"] as const;
export const YEAR = 365 * DAY;

/** The last second of UTCTime. */
const END_OF_2049 = Date.UTC(2049, 11, 31, 23, 59, 59) / 1000;

export const makeLongLivedCas = async (): Promise<ReadonlyMap<KeyAlgorithm, IssuingCa>> => {
  const validity = { notBefore: NOW - YEAR, notAfter: END_OF_2049 + 40 * YEAR };
  const issuer = await makeAuthority({ algorithm: "P-384", ...validity });
  const cas = new Map<KeyAlgorithm, IssuingCa>();
  for (const algorithm of CA_ALGORITHMS)
    cas.set(algorithm, await makeIssuingCa({ issuer, algorithm, ...validity }));
  return cas;
};

/** Seconds on both sides of now, of the end of 2049 and of a leap day. */
export const dates = fc
  .tuple(fc.constantFrom(NOW, END_OF_2049, Date.UTC(2048, 1, 29) / 1000, END_OF_2049 + YEAR), fc.nat(700))
  .map(([around, by]) => around + by - 350);

/** An entry that was made before. */
export const made = <T>(map: ReadonlyMap<KeyAlgorithm, T>, algorithm: KeyAlgorithm): T => {
  const entry = map.get(algorithm);
  if (entry === undefined) throw new Error(`there is no ${algorithm}`);
  return entry;
};
