import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import type { ErlangNode } from "./erlang-node.ts";

/** One node's attempt to reach another. */
export interface Connection {
  readonly connected: boolean;
  /** The TLS version of the link, such as `tlsv1.3`; `null` without a link. */
  readonly tls: string | null;
  /** What the dialling side's handshake came to, then what both nodes logged meanwhile. */
  readonly log: string;
}

const LinkEnd = z.object({
  peer: z.string(),
  /** `tls` or `tcp`. */
  protocol: z.string(),
  version: z.string().nullable(),
  verify: z.string().nullable(),
  /** The peer's certificate, DER. */
  certificate: z.base64().nullable(),
});

/** What one end of a distribution link knows about it. */
export type LinkEnd = z.infer<typeof LinkEnd>;

/** Reads the answer of `node_control:links()`. */
export const parseLinks = (json: string): readonly LinkEnd[] => z.array(LinkEnd).parse(JSON.parse(json));

/** Whether this end asked its peer for a certificate over TLS, got one and found it good. */
export const verifiedPeer = (end: LinkEnd): boolean =>
  end.protocol === "tls" && end.verify === "verify_peer" && end.certificate !== null;

/** The accepting side logs an alert only after the dialling side has given up. */
const LOG_DELAY = 500;

/**
 * Lets node `from` connect to node `to`, afresh, so that `from` checks the name in the certificate of `to`. A link
 * that comes up without TLS, or without a verified peer at either end, is a fault: the call throws.
 */
export const connects = async (from: ErlangNode, to: ErlangNode): Promise<Connection> => {
  await disconnect(from, to);
  const before = [from, to].map((node) => node.log().length);
  const outcome = await from.eval(`node_control:dial('${to.name}')`);
  const connected = outcome === "connected";
  const tls = connected ? await mutualTls(from, to) : null;
  if (!connected) await sleep(LOG_DELAY);
  const logs = [from, to].map((node, index) => `${node.name}: ${node.log().slice(before[index])}`);
  return { connected, tls, log: [outcome, ...logs].join("\n") };
};

const disconnect = async (from: ErlangNode, to: ErlangNode): Promise<void> => {
  await from.eval(`erlang:disconnect_node('${to.name}')`);
  for (let tries = 0; tries < 50; tries++) {
    const peers = [await from.eval("nodes(connected)"), await to.eval("nodes(connected)")];
    if (!peers[0]?.includes(to.name) && !peers[1]?.includes(from.name)) return;
    await sleep(20);
  }
  throw new Error(`${from.name} and ${to.name} do not let go of each other`);
};

const mutualTls = async (from: ErlangNode, to: ErlangNode): Promise<string | null> => {
  const ends = [...(await linksTo(to.name, from)), ...(await linksTo(from.name, to))];
  if (ends.length === 2 && ends.every(verifiedPeer)) return ends[0]?.version ?? null;
  throw new Error(`the link between ${from.name} and ${to.name} is not mutual TLS: ${JSON.stringify(ends)}`);
};

const linksTo = async (peer: string, node: ErlangNode): Promise<readonly LinkEnd[]> =>
  parseLinks(await node.eval("node_control:links()")).filter((link) => link.peer === peer);
