import * as fc from "fast-check";
import { utf8 } from "../../src/bytes.ts";
import type { Bytes } from "../../src/pki/der/reader.ts";
import { writePem } from "../../src/pki/pem.ts";
import { BYTE_OPERATOR_NAMES, mutateBytes } from "./byte-mutation.ts";
import { changes, type Change } from "./change.ts";
import { DER_OPERATOR_NAMES, MEANING_OPERATORS, mutateAll, type DerOperator } from "./der-mutation.ts";
import { encodeNodes, type DerNode } from "./der-tree.ts";
import { mutateText, PEM_OPERATOR_NAMES } from "./pem-mutation.ts";

/** A good or bad input that mutation begins with. */
export interface Seed {
  readonly id: string;
  /** As it is sent. */
  readonly body: Bytes;
  /** As nested elements; `null` where it is not even that. */
  readonly nodes: readonly DerNode[] | null;
}

/** What became of a seed. */
export interface Mutated<S extends Seed> {
  readonly seed: S;
  readonly body: Bytes;
  readonly operators: readonly string[];
}

/** What is larger is changed as bytes alone, because a tree of it takes too long to rewrite. */
export const MAX_NESTED = 8192;
/** The limit of a body, and a little above. */
const MAX_BODY = 33 * 1024;
const few = { min: 1, max: 3 } as const;

/** Changes of structure, mostly those that leave well-formed DER. */
export const treeChanges: fc.Arbitrary<readonly Change<DerOperator>[]> = fc.oneof(
  { weight: 3, arbitrary: changes<DerOperator>(MEANING_OPERATORS, { min: 1, max: 2 }) },
  { weight: 2, arbitrary: changes(DER_OPERATOR_NAMES, few) },
);

/** Elements dropped, exchanged, written wrongly and taken from other seeds. */
export const inStructure = <S extends Seed>(seeds: readonly S[]): fc.Arbitrary<Mutated<S>> => {
  const nested = seeds.filter(({ nodes, body }) => nodes !== null && body.length <= MAX_NESTED);
  return fc
    .record({
      seed: fc.constantFrom(...nested),
      donor: fc.constantFrom(...nested),
      made: changes(DER_OPERATOR_NAMES, few),
    })
    .map(({ seed, donor, made }) => ({
      seed,
      body: encodeNodes(mutateAll(seed.nodes ?? [], made, donorsOf(seed, donor))),
      operators: operatorsOf(made),
    }));
};

/** Octets changed without a thought. */
export const inBytes = <S extends Seed>(seeds: readonly S[]): fc.Arbitrary<Mutated<S>> =>
  fc
    .record({ seed: fc.constantFrom(...seeds), made: changes(BYTE_OPERATOR_NAMES, few) })
    .map(({ seed, made }) => {
      const before = seed.nodes === null ? seed.body : encodeNodes(seed.nodes);
      return {
        seed,
        body: made.reduce(mutateBytes, before.slice(0, MAX_BODY)),
        operators: operatorsOf(made),
      };
    });

/** Its armour changed, and then perhaps some octets of it. */
export const inText = <S extends Seed>(seeds: readonly S[], label: string): fc.Arbitrary<Mutated<S>> =>
  fc
    .record({
      seed: fc.constantFrom(...seeds),
      texts: changes(PEM_OPERATOR_NAMES, few),
      bytes: changes(BYTE_OPERATOR_NAMES, { min: 0, max: 1 }),
    })
    .map(({ seed, texts, bytes }) => ({
      seed,
      body: bytes.reduce(mutateBytes, utf8(texts.reduce(mutateText, textOf(seed, label).slice(0, MAX_BODY)))),
      operators: operatorsOf([...texts, ...bytes]),
    }));

const textOf = ({ nodes, body }: Seed, label: string): string =>
  nodes === null ? new TextDecoder().decode(body) : writePem(label, encodeNodes(nodes));

export const donorsOf = (...seeds: readonly Seed[]): readonly DerNode[] =>
  seeds.flatMap(({ nodes, body }) => (body.length > MAX_NESTED ? [] : (nodes ?? [])));

export const operatorsOf = (made: readonly Change<string>[]): readonly string[] =>
  made.map(({ operator }) => operator);
