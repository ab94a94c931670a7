import * as fc from "fast-check";
import { concatBytes, utf8 } from "../../src/bytes.ts";
import { TAG } from "../../src/pki/der/tags.ts";
import { writePem } from "../../src/pki/pem.ts";
import { BYTE_OPERATOR_NAMES, mutateBytes } from "./byte-mutation.ts";
import { changes } from "./change.ts";
import type { CsrSeed, CsrSeeds, SignableSeed } from "./csr-seeds.ts";
import { DER_OPERATOR_NAMES, MEANING_OPERATORS, mutateAll, type DerOperator } from "./der-mutation.ts";
import { encodeNodes, inDerOrder, leaf, parseNodes, type DerNode } from "./der-tree.ts";
import { mutateText, PEM_OPERATOR_NAMES } from "./pem-mutation.ts";
import { HASHES, signatureOver } from "./signing-key.ts";
import type { FuzzCase } from "./target.ts";

/** A changed request; who sends it decides what it may hold. */
export interface CsrCase extends FuzzCase {
  readonly expected: CsrSeed["expected"];
}

const few = { min: 1, max: 3 } as const;

/** Requests changed before they were signed again, changed after, changed as bytes, and changed as text. */
export const csrCases = (seeds: CsrSeeds): fc.Arbitrary<CsrCase> =>
  fc.oneof(
    { weight: 6, arbitrary: signedAgain(seeds) },
    { weight: 2, arbitrary: inStructure(seeds) },
    { weight: 2, arbitrary: inBytes(seeds) },
    { weight: 1, arbitrary: inText(seeds) },
  );

const signedAgain = ({ all, signable }: CsrSeeds): fc.Arbitrary<CsrCase> =>
  fc
    .record({
      seed: fc.oneof(fc.constantFrom(...signable), fc.constantFrom(...signable.filter(isGood))),
      donor: fc.constantFrom(...all),
      inner: fc.oneof(
        { weight: 3, arbitrary: changes<DerOperator>(MEANING_OPERATORS, { min: 1, max: 2 }) },
        { weight: 2, arbitrary: changes(DER_OPERATOR_NAMES, { min: 1, max: 3 }) },
      ),
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
      return caseOf(seed, body, ["sign-again", ...namesOf(inner), ...namesOf(outer)]);
    });

/** As it is, it would be accepted. */
const isGood = ({ rekeyed }: SignableSeed): boolean => !rekeyed;

const inStructure = ({ all }: CsrSeeds): fc.Arbitrary<CsrCase> => {
  const nested = all.filter(({ nodes, body }) => nodes !== null && body.length <= MAX_NESTED);
  return fc
    .record({
      seed: fc.constantFrom(...nested),
      donor: fc.constantFrom(...all),
      made: changes(DER_OPERATOR_NAMES, few),
    })
    .map(({ seed, donor, made }) => {
      const body = encodeNodes(mutateAll(seed.nodes ?? [], made, donorsOf(seed, donor)));
      return caseOf(seed, body, namesOf(made));
    });
};

const MAX_NESTED = 8192;

const inBytes = ({ all }: CsrSeeds): fc.Arbitrary<CsrCase> =>
  fc
    .record({ seed: fc.constantFrom(...all), made: changes(BYTE_OPERATOR_NAMES, few) })
    .map(({ seed, made }) => {
      const before = seed.nodes === null ? seed.body : encodeNodes(seed.nodes);
      return caseOf(seed, made.reduce(mutateBytes, before.slice(0, MAX_BODY)), namesOf(made));
    });

const inText = ({ all }: CsrSeeds): fc.Arbitrary<CsrCase> =>
  fc
    .record({
      seed: fc.constantFrom(...all),
      texts: changes(PEM_OPERATOR_NAMES, { min: 1, max: 3 }),
      bytes: changes(BYTE_OPERATOR_NAMES, { min: 0, max: 1 }),
    })
    .map(({ seed, texts, bytes }) => {
      const text = texts.reduce(mutateText, pemOf(seed).slice(0, MAX_BODY));
      return caseOf(seed, bytes.reduce(mutateBytes, utf8(text)), [...namesOf(texts), ...namesOf(bytes)]);
    });

/** The limit of a body, and a little above. */
const MAX_BODY = 33 * 1024;

const pemOf = ({ nodes, body }: CsrSeed): string =>
  nodes === null ? new TextDecoder().decode(body) : writePem("CERTIFICATE REQUEST", encodeNodes(nodes));

const donorsOf = (seed: CsrSeed, donor: CsrSeed): readonly DerNode[] => [
  ...(seed.nodes ?? []),
  ...(donor.body.length > MAX_NESTED ? [] : (donor.nodes ?? [])),
];

const namesOf = (made: readonly { readonly operator: string }[]): readonly string[] =>
  made.map(({ operator }) => operator);

const caseOf = (
  { id, expected }: CsrSeed | SignableSeed,
  body: FuzzCase["body"],
  operators: readonly string[],
): CsrCase => ({
  body,
  seed: id,
  operators,
  expected,
});
