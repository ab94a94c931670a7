import { sign } from "node:crypto";
import * as fc from "fast-check";
import { TAG } from "../../src/pki/der/tags.ts";
import { changes } from "./change.ts";
import type { CmsSeed, CmsSeeds, SignableMessage } from "./cms-seeds.ts";
import { mutateAll, type DerOperator } from "./der-mutation.ts";
import { changeAt, encodeNodes, inDerOrder, leaf, type DerNode } from "./der-tree.ts";
import {
  donorsOf,
  inBytes,
  inStructure,
  inText,
  operatorsOf,
  treeChanges,
  type Mutated,
} from "./mutations.ts";
import type { FuzzCase } from "./target.ts";

/** A changed message, whose messages are believed, and what was in its bag. */
export interface CmsCase extends FuzzCase, Pick<CmsSeed, "known" | "bag"> {}

/** What a writer of BER does to a message without changing what it says. */
const STREAMING: readonly DerOperator[] = ["length-indefinite", "segment"];

/** Messages whose attributes were changed and signed again, streamed, changed after, changed as bytes, and changed as text. */
export const cmsCases = (seeds: CmsSeeds): fc.Arbitrary<CmsCase> =>
  fc
    .oneof(
      { weight: 4, arbitrary: signedAgain(seeds) },
      { weight: 3, arbitrary: streamed(seeds) },
      { weight: 3, arbitrary: inStructure(seeds.all) },
      { weight: 2, arbitrary: inBytes(seeds.all) },
      { weight: 1, arbitrary: inText(seeds.all, "CMS") },
    )
    .map(({ seed, body, operators }) => ({
      body,
      operators,
      seed: seed.id,
      known: seed.known,
      bag: seed.bag,
    }));

const signedAgain = ({ all, signable }: CmsSeeds): fc.Arbitrary<Mutated<CmsSeed>> =>
  fc
    .record({
      seed: fc.constantFrom(...signable),
      donor: fc.constantFrom(...all),
      inner: treeChanges,
      streaming: changes(STREAMING, { min: 0, max: 3 }),
      ordered: fc.boolean(),
    })
    .map(({ seed, donor, inner, streaming, ordered }) => {
      const donors = donorsOf(seed, donor);
      const change = (attributes: DerNode): readonly DerNode[] => {
        const changed = mutateAll([attributes], inner, donors);
        return ordered ? inDerOrder(changed) : changed;
      };
      const nodes = changeAt(seed.nodes ?? [], signerPath(seed), (signer) => resigned(signer, seed, change));
      const body = encodeNodes(mutateAll(nodes, streaming, []));
      return { seed, body, operators: ["sign-again", ...operatorsOf([...inner, ...streaming])] };
    });

const streamed = ({ all }: CmsSeeds): fc.Arbitrary<Mutated<CmsSeed>> =>
  fc
    .record({ seed: fc.constantFrom(...all), made: changes(STREAMING, { min: 1, max: 8 }) })
    .map(({ seed, made }) => ({
      seed,
      body: encodeNodes(mutateAll(seed.nodes ?? [], made, [])),
      operators: operatorsOf(made),
    }));

/** ContentInfo, its content, SignedData, the SET of signers, its only one. */
const signerPath = ({ nodes }: CmsSeed): readonly number[] => {
  const signedData = nodes?.[0]?.children?.[1]?.children?.[0];
  return [0, 1, 0, (signedData?.children?.length ?? 0) - 1, 0];
};

const SIGNED_ATTRIBUTES = 0xa0;

/** Signed attributes are signed as a SET (RFC 5652 §5.4); the signature is the OCTET STRING of a SignerInfo. */
const resigned = (
  signer: DerNode,
  { key, hash }: SignableMessage,
  change: (attributes: DerNode) => readonly DerNode[],
): DerNode => {
  const before = signer.children ?? [];
  const at = before.findIndex(({ identifier: [tag] }) => tag === SIGNED_ATTRIBUTES);
  const attributes = before[at];
  if (attributes === undefined) return signer;
  const changed = change(attributes);
  const set = encodeNodes(changed.map((node) => ({ ...node, identifier: [TAG.set] })));
  const signature = leaf(TAG.octetString, Uint8Array.from(sign(hash, set, key)));
  const children = before.flatMap((node, i) => {
    if (i === at) return changed;
    return node.identifier[0] === TAG.octetString ? [signature] : [node];
  });
  return { ...signer, children };
};
