import { writePem } from "../../src/pki/pem.ts";
import { makeMessage } from "../pki/support/signed-message.ts";
import { makeNewcomers, requestOf, type Newcomer } from "../storm/newcomer.ts";
import { rabbitDefinition, type Deployment } from "../support/deployment.ts";
import { heldCertificate } from "../support/held-certificate.ts";
import type { Answer, Call } from "./load.ts";

/** Nodes of one cluster with the calls that they make, prepared: what making them costs must not count. */

export const CLUSTER = "mq";
const ZONE = "nodes.example.internal";
export const DEFINITIONS = { [CLUSTER]: rabbitDefinition(ZONE) };

/** A newcomer with its first call: a PEM request and its join token, as curl sends them. */
export interface PreparedNode {
  readonly newcomer: Newcomer;
  readonly call: Call;
}

/** `from` counts on, so that no name comes twice in one ledger. */
export const makeFleet = async (
  api: Pick<Deployment, "mint" | "origin">,
  count: number,
  from: number,
): Promise<readonly PreparedNode[]> => {
  const places = Array.from({ length: count }, (_, n) => ({
    cluster: CLUSTER,
    node: `rabbit@n${String(from + n)}.${ZONE}`,
  }));
  const newcomers = await makeNewcomers(api, places, api.origin());
  return newcomers.map((newcomer) => {
    const { node, csr, token } = newcomer;
    return {
      newcomer,
      call: bundleCall(node, writePem("CERTIFICATE REQUEST", csr), `Bearer ${token}`),
    };
  });
};

const bundleCall = (node: string, body: string, authorization: string | null, query = ""): Call => ({
  path: `/v1/clusters/${CLUSTER}/nodes/${encodeURIComponent(node)}/bundle${query}`,
  headers: {
    "Content-Type": "application/x-www-form-urlencoded",
    ...(authorization === null ? {} : { Authorization: authorization }),
  },
  body: Buffer.from(body),
});

/** The renewal that a node sends after its certificate came: a new request by the same key, in a CMS message by it. */
export const renewalOf = async ({ node, pair }: Newcomer, { body }: Answer): Promise<Call> => {
  const { chain } = JSON.parse(body) as { readonly chain: string };
  const signer = await heldCertificate(chain, pair);
  const csr = await requestOf(pair, node);
  const signingTime = Math.floor(Date.now() / 1000);
  const proof = await makeMessage(signer, { content: csr, signingTime });
  return bundleCall(node, writePem("CMS", proof), null, "?renew=now");
};
