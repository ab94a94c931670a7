import { sha256Hex } from "../bytes.ts";
import { boundedMap } from "../bounded-map.ts";
import type { Bytes } from "./der/reader.ts";

/**
 * Whether a certification request has proved its key: by `verify`, or because exactly these octets have done so before. A retry sends the
 * same octets, and their signature holds as it did: asking WebCrypto again would be an eighth of its cost (`npm run bench`, replay). Only
 * the outcome of that one computation is remembered, and only where it held: structure, key and names are judged at every call, by what
 * the cluster allows now. Throws what `verify` throws.
 */
export type ProofMemory = (request: Bytes, verify: () => Promise<boolean>) => Promise<boolean>;

/** For whoever asks once. */
export const NO_MEMORY: ProofMemory = (_request, verify) => verify();

/** As many nodes as boot at once, in less than a megabyte. */
const LIMIT = 4096;

/** Of one isolate, by the SHA-256 of the whole request. */
export const proofMemory = (limit = LIMIT): ProofMemory => {
  const proven = boundedMap<true>(limit);
  return async (request, verify) => {
    const digest = await sha256Hex(request);
    if (proven.get(digest) === true) return true;
    const holds = await verify();
    if (holds) proven.set(digest, true);
    return holds;
  };
};
