import type * as fc from "fast-check";
import type { Bytes } from "../../src/pki/der/reader.ts";

/** One hostile input, and how it came to be. */
export interface FuzzCase {
  readonly body: Bytes;
  /** What it was before. */
  readonly seed: string;
  readonly operators: readonly string[];
}

/** What became of a case: a code, and the sentence that says more. */
export interface Outcome {
  readonly code: string;
  readonly sentence: string;
}

/** A reader of hostile bytes with everything that must hold of its answers. */
export interface Target<Case extends FuzzCase = FuzzCase> {
  readonly cases: fc.Arbitrary<Case>;
  /** Throws where something does not hold. Its argument comes from `cases` alone. */
  judge(one: Case): Promise<Outcome>;
  /** Codes that a long run must have come across; one that it has not shows that the cases no longer get there. */
  readonly reach: readonly string[];
}
