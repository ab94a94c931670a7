import type { NodeName } from "../node/node-name.ts";
import type { GeneralName } from "../pki/general-name.ts";
import type { ClusterDefinition } from "./definition.ts";

/** What the policy of today gives a principal: one node of one cluster, with exactly these names. */
export interface Grant {
  readonly cluster: ClusterDefinition;
  readonly node: NodeName;
  /** The subjectAltName in its final order, without duplicates: the host first. */
  readonly names: readonly GeneralName[];
  /** Seconds. */
  readonly lifetime: number;
}
