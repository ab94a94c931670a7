import { boundedMap } from "../bounded-map.ts";

/**
 * Which certification requests have proved their keys, by the SHA-256 of all their octets. A retry sends the same octets, and their
 * signature holds as it did: asking WebCrypto again would be an eighth of its cost (`npm run bench`, replay). Only the outcome of that
 * one computation is remembered, and only where it held: structure, key and names are judged at every call, by what the cluster allows now.
 */
export interface ProofMemory {
  /** Whether the signature of exactly this request has been verified and holds. */
  readonly holds: (requestSha256: string) => boolean;
  readonly keep: (requestSha256: string) => void;
}

/** For whoever asks once. */
export const NO_MEMORY: ProofMemory = { holds: () => false, keep: () => undefined };

/** As many nodes as boot at once, in less than a megabyte. */
const LIMIT = 4096;

/** Of one isolate. */
export const proofMemory = (limit = LIMIT): ProofMemory => {
  const proven = boundedMap<true>(limit);
  return {
    holds: (requestSha256) => proven.get(requestSha256) === true,
    keep: (requestSha256) => proven.set(requestSha256, true),
  };
};
