import { sha256Hex } from "../../src/bytes.ts";
import { commonName, makeRequest } from "../pki/support/request.ts";
import { makeKeyPair, spkiOf, type KeyPair } from "../pki/support/web-crypto.ts";
import type { Deployment } from "../support/deployment.ts";

/** A machine at its first boot: its name, a fresh P-256 key's request, and a join token for exactly this node. */
export interface Newcomer {
  readonly cluster: string;
  readonly node: string;
  readonly pair: KeyPair;
  readonly csr: Uint8Array<ArrayBuffer>;
  /** Lower-case hex, of the key in the request. */
  readonly spkiSha256: string;
  readonly token: string;
}

export interface Place {
  readonly cluster: string;
  readonly node: string;
}

/** A request for the host of a node; no two by one key are alike, since ECDSA's signatures are not. */
export const requestOf = (pair: KeyPair, node: string): Promise<Uint8Array<ArrayBuffer>> =>
  makeRequest(pair, { subject: commonName(node.slice(node.indexOf("@") + 1)) });

/** @param origin what the API takes for its own address: the audience of its tokens */
export const makeNewcomer = async (
  { mint }: Pick<Deployment, "mint">,
  { cluster, node }: Place,
  origin: string,
): Promise<Newcomer> => {
  const pair = await makeKeyPair("P-256");
  return {
    cluster,
    node,
    pair,
    csr: await requestOf(pair, node),
    spkiSha256: await sha256Hex(await spkiOf(pair)),
    token: await mint(cluster, { exact: node }, { origin }),
  };
};

/** So many at once: WebCrypto works on a few threads, and ten thousand promises of it only take room. */
const BATCH = 64;

export const makeNewcomers = async (
  deployment: Pick<Deployment, "mint">,
  places: readonly Place[],
  origin: string,
): Promise<readonly Newcomer[]> => {
  const made: Newcomer[] = [];
  for (let at = 0; at < places.length; at += BATCH) {
    const batch = places.slice(at, at + BATCH);
    made.push(...(await Promise.all(batch.map((place) => makeNewcomer(deployment, place, origin)))));
  }
  return made;
};
