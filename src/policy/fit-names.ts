import type { IssuingCa } from "../pki/issuing-ca.ts";
import { areWithin } from "../pki/name-constraints.ts";
import type { Grant } from "./grant.ts";
import { bareNames } from "./names.ts";

/**
 * The grant under one CA. The bare host name of a RabbitMQ node is ours to add, not the operator's wish: where the CA's name
 * constraints exclude it, it is left out and the node still gets its certificate. Every other name stays, and is refused later
 * if the constraints exclude it.
 */
export const fitNames = (grant: Grant, ca: Pick<IssuingCa, "nameConstraints">): Grant => {
  const excluded = bareNames(grant.cluster, grant.node).filter(
    (name) => !areWithin([name], ca.nameConstraints),
  );
  if (excluded.length === 0) return grant;
  const leftOut = new Set(excluded.map(({ value }) => value));
  return { ...grant, names: grant.names.filter(({ type, value }) => type !== "dns" || !leftOut.has(value)) };
};
