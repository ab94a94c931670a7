import { possession } from "../../../src/auth/possession.ts";
import { mintToken } from "../../../src/auth/mint-token.ts";
import { joinTokens } from "../../../src/auth/token.ts";
import { issueBundle } from "../../../src/bundle.ts";
import { boundedMap } from "../../../src/bounded-map.ts";
import type { Bundle, BundleOptions, BundleRequest, World } from "../../../src/bundle-contract.ts";
import type { CaSnapshot } from "../../../src/custody/snapshot.ts";
import { parseNodeName } from "../../../src/node/node-name.ts";
import { readEnvelope } from "../../../src/pki/envelope.ts";
import type { IssuingCa } from "../../../src/pki/issuing-ca.ts";
import type { ClusterDefinition } from "../../../src/policy/definition.ts";
import type { Refusal } from "../../../src/refusal.ts";
import { rendererFor } from "../../../src/render/renderers.ts";
import { ok, type Result } from "../../../src/result.ts";
import { NO_MEMORY } from "../../../src/pki/proof-memory.ts";
import { makeTokenKey } from "../../auth/support/token-key.ts";
import type { Authority } from "../../pki/support/authority.ts";
import { HOST, makeRequest } from "../../pki/support/request.ts";
import { makeMessage } from "../../pki/support/signed-message.ts";
import { makeKeyPair, type KeyPair } from "../../pki/support/web-crypto.ts";
import { clusterWith } from "../../policy/cluster.ts";
import { heldCertificate } from "../../support/held-certificate.ts";
import { ledgerOf } from "./ledgers.ts";

export const NODE = `rabbit@${HOST}`;
const ORIGIN = "https://interlock.example";

/** What a moment of a cluster is: its definition, its CA and the time. A test moves it on between two calls. */
export interface Moment {
  readonly cluster: ClusterDefinition;
  readonly ca: IssuingCa;
  /** Epoch seconds. */
  readonly now: number;
}

/** The definition of a cluster that has this node, with members laid over it. */
export const clusterOfNode = (
  id: string,
  members: Readonly<Record<string, unknown>> = {},
): ClusterDefinition => ({
  ...clusterWith({ nodes: { names: ["rabbit"], hosts: ["*.nodes.example.internal"] }, ...members }),
  id,
});

/** What a node has after a bundle: the certificate with its key. */
export interface Held {
  readonly pair: KeyPair;
  readonly certificate: Authority;
}

export type Answer = Result<Bundle, Refusal>;

const ask = async (
  { cluster, ca, now }: Moment,
  request: Pick<BundleRequest, "csr" | "credential">,
  options: Partial<BundleOptions>,
  world: Partial<World> = {},
): Promise<Answer> => {
  const node = parseNodeName(NODE);
  if (!node.ok) throw new Error(node.error.detail);
  const snapshot: CaSnapshot = { id: ca.spkiSha256, ca, tokenKey: await makeTokenKey(), cookie: null };
  const find = (id: string, serial: string) => ledgerOf(id).entry(serial, now);
  return issueBundle(
    {
      ...request,
      cluster,
      node: node.value,
      origin: ORIGIN,
      options: { portOffset: null, lifetime: null, renewNow: false, have: null, dryRun: false, ...options },
      refuseForm: () => null,
    },
    {
      now,
      random: (length) => crypto.getRandomValues(new Uint8Array(length)),
      custody: { snapshot: () => Promise.resolve(ok(snapshot)) },
      authenticators: [possession(find), joinTokens],
      proofs: NO_MEMORY,
      served: boundedMap(1),
      ledgerOf,
      rendererFor,
      ...world,
    },
  );
};

/** A call of a node with a key and a token of its own, which may be made again. */
export const newcomer = async (
  moment: Moment,
): Promise<{
  pair: KeyPair;
  join: (then: Moment, world?: Partial<World>, options?: Partial<BundleOptions>) => Promise<Answer>;
}> => {
  const pair = await makeKeyPair();
  const claims = {
    cluster: moment.cluster.id,
    origin: ORIGIN,
    nodes: { exact: NODE },
    uses: 1,
    lifetime: 3600,
  };
  const jti = crypto.randomUUID().replaceAll("-", "");
  const token = await mintToken({ ...claims, pin: null }, await makeTokenKey(), moment.now, jti);
  const csr = await makeRequest(pair);
  const request = { csr, credential: { scheme: "bearer", token } } as const;
  return { pair, join: (then, world, options = {}) => ask(then, request, options, world) };
};

/** Joins with a token of its own. Throws where that fails. */
export const joinCluster = async (moment: Moment): Promise<Held> => {
  const { pair, join } = await newcomer(moment);
  return holdOf(await join(moment), pair);
};

/** Renews with what it holds, to a new key or to one that it has. */
export const renew = async (
  moment: Moment,
  held: Held,
  { pair, ...options }: Partial<BundleOptions> & { readonly pair?: KeyPair } = {},
  world: Partial<World> = {},
): Promise<Answer> => {
  const content = await makeRequest(pair ?? (await makeKeyPair()));
  const envelope = readEnvelope(await makeMessage(held.certificate, { content, signingTime: moment.now }));
  if (!envelope.ok || envelope.value.proof === null) throw new Error("this should be a proof");
  const { csr, proof } = envelope.value;
  return ask(moment, { csr, credential: { scheme: "cms", proof } }, options, world);
};

/** As `renew`, to a new key. Throws where that fails. */
export const renewed = async (moment: Moment, held: Held): Promise<Held> => {
  const pair = await makeKeyPair();
  return holdOf(await renew(moment, held, { pair }), pair);
};

export const holdOf = async (answer: Answer, pair: KeyPair): Promise<Held> => {
  if (!answer.ok) throw new Error(answer.error.code);
  if (answer.value.certificate === null) throw new Error("a dry run gives no certificate");
  return { pair, certificate: await heldCertificate(answer.value.certificate.chain, pair) };
};
