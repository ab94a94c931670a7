import * as fc from "fast-check";
import { concatBytes } from "../../src/bytes.ts";
import { TAG } from "../../src/pki/der/tags.ts";
import { changes } from "./change.ts";
import type { CsrSeed, CsrSeeds, SignableSeed } from "./csr-seeds.ts";
import { DER_OPERATOR_NAMES, mutateAll } from "./der-mutation.ts";
import { encodeNodes, inDerOrder, leaf, parseNodes } from "./der-tree.ts";
import {
  donorsOf,
  inBytes,
  inStructure,
  inText,
  operatorsOf,
  treeChanges,
  type Mutated,
} from "./mutations.ts";
import { HASHES, signatureOver } from "./signing-key.ts";
import type { FuzzCase } from "./target.ts";

/** A changed request; who sends it decides what it may hold. */
export interface CsrCase extends FuzzCase {
  readonly expected: CsrSeed["expected"];
}

/** Requests changed before they were signed again, changed after, changed as bytes, and changed as text. */
export const csrCases = (seeds: CsrSeeds): fc.Arbitrary<CsrCase> =>
  fc
    .oneof(
      { weight: 6, arbitrary: signedAgain(seeds) },
      { weight: 2, arbitrary: inStructure(seeds.all) },
      { weight: 2, arbitrary: inBytes(seeds.all) },
      { weight: 1, arbitrary: inText(seeds.all, "CERTIFICATE REQUEST") },
    )
    .map(({ seed, body, operators }) => ({ body, operators, seed: seed.id, expected: seed.expected }));

/** Behind a good signature there is more to get wrong; now and then the signature is changed after all. */
const signedAgain = ({ all, signable }: CsrSeeds): fc.Arbitrary<Mutated<CsrSeed>> =>
  fc
    .record({
      seed: fc.oneof(fc.constantFrom(...signable), fc.constantFrom(...signable.filter(isGood))),
      donor: fc.constantFrom(...all),
      inner: treeChanges,
      outer: fc.oneof(
        { weight: 3, arbitrary: changes(DER_OPERATOR_NAMES, { min: 0, max: 0 }) },
        { weight: 1, arbitrary: changes(DER_OPERATOR_NAMES, { min: 1, max: 2 }) },
      ),
      hash: fc.constantFrom(...HASHES),
      ordered: fc.boolean(),
    })
    .map(({ seed, donor, inner, outer, hash, ordered }) => {
      const donors = donorsOf(seed, donor);
      const changed = mutateAll([seed.info], inner, donors);
      const info = encodeNodes(ordered ? inDerOrder(changed) : changed);
      const signature = parseNodes(concatBytes(...signatureOver(seed.key, hash, info))) ?? [];
      const tail = encodeNodes(mutateAll(signature, outer, donors));
      const body = encodeNodes([leaf(TAG.sequence, concatBytes(info, tail))]);
      return { seed, body, operators: ["sign-again", ...operatorsOf(inner), ...operatorsOf(outer)] };
    });

/** As it is, it would be accepted. */
const isGood = ({ rekeyed }: SignableSeed): boolean => !rekeyed;
