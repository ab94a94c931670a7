import type { ClusterDefinition } from "./definition.ts";

/** At most this part of the lifetime: a fleet that was issued in one minute must not renew in one minute. */
const JITTER = 0.1;

/**
 * When the node should renew, in epoch seconds: the definition's fraction of the lifetime, less a jitter that is the node's own.
 * The same node and dates give the same answer, so that a replayed reply is the same to the byte.
 */
export const renewAfter = (
  cluster: Pick<ClusterDefinition, "renewal">,
  node: string,
  notBefore: number,
  notAfter: number,
): number => {
  const lifetime = notAfter - notBefore;
  return notBefore + Math.floor(lifetime * (cluster.renewal.after - JITTER * spread(node)));
};

/** A number in [0, 1) that depends on the text alone: FNV-1a, 32 bits. It spreads load; it protects nothing. */
const spread = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0) / 2 ** 32;
};
