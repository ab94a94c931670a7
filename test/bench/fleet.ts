import { writePem } from "../../src/pki/pem.ts";
import { commonName, makeRequest } from "../pki/support/request.ts";
import { makeMessage } from "../pki/support/signed-message.ts";
import { makeKeyPair, type KeyPair } from "../pki/support/web-crypto.ts";
import { rabbitDefinition, type Deployment } from "../support/deployment.ts";
import { heldCertificate } from "../support/held-certificate.ts";
import type { Answer, Call } from "./load.ts";

/** Nodes of one cluster with the calls that they make, prepared: what making them costs must not count. */

export const CLUSTER = "mq";
const ZONE = "nodes.example.internal";
export const DEFINITIONS = { [CLUSTER]: rabbitDefinition(ZONE) };

/** A node with a key of its own, and its first call: a PEM request with a join token for exactly this node, as curl sends it. */
export interface Newcomer {
  readonly node: string;
  readonly pair: KeyPair;
  readonly call: Call;
}

const BATCH = 64;

/** `from` counts on, so that no name comes twice in one ledger. */
export const makeFleet = async (
  api: Pick<Deployment, "mint">,
  count: number,
  from: number,
): Promise<readonly Newcomer[]> => {
  const made: Newcomer[] = [];
  while (made.length < count) {
    const length = Math.min(BATCH, count - made.length);
    const numbers = Array.from({ length }, (_, n) => from + made.length + n);
    made.push(...(await Promise.all(numbers.map((n) => makeNewcomer(api, n)))));
  }
  return made;
};

const makeNewcomer = async ({ mint }: Pick<Deployment, "mint">, n: number): Promise<Newcomer> => {
  const host = `n${String(n)}.${ZONE}`;
  const node = `rabbit@${host}`;
  const pair = await makeKeyPair("P-256");
  const csr = await makeRequest(pair, { subject: commonName(host) });
  const authorization = `Bearer ${await mint(CLUSTER, { exact: node })}`;
  return { node, pair, call: bundleCall(node, writePem("CERTIFICATE REQUEST", csr), authorization) };
};

const bundleCall = (node: string, body: string, authorization: string | null, query = ""): Call => ({
  path: `/v1/clusters/${CLUSTER}/nodes/${encodeURIComponent(node)}/bundle${query}`,
  headers: {
    "Content-Type": "application/x-www-form-urlencoded",
    ...(authorization === null ? {} : { Authorization: authorization }),
  },
  body: Buffer.from(body),
});

/** The renewal that a node sends after its certificate came: a request with the same key in a CMS message by it. */
export const renewalOf = async ({ node, pair }: Newcomer, { body }: Answer): Promise<Call> => {
  const { chain } = JSON.parse(body) as { readonly chain: string };
  const signer = await heldCertificate(chain, pair);
  const content = await makeRequest(pair, { subject: commonName(node.slice(node.indexOf("@") + 1)) });
  const signingTime = Math.floor(Date.now() / 1000);
  const proof = await makeMessage(signer, { content, signingTime });
  return bundleCall(node, writePem("CMS", proof), null, "?renew=now");
};
