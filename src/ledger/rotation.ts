/** What of the ledger is about the rotation of a CA, as it travels. Times are epoch seconds. */

/** A CA snapshot that the ledger has met. Digests are lower-case hex SHA-256; a root is named by its certificate's. */
export interface CaGeneration {
  readonly caGeneration: number;
  readonly snapshotId: string;
  /** The root above the CA that issues. */
  readonly root: string;
  /** Every root in the bundle that nodes get. */
  readonly trustedRoots: readonly string[];
  readonly firstSeenAt: number;
}

/** The steps of a root's rotation that a node can be cut off by (docs/operations.md). */
export const WAITING_STEPS = ["sign", "retire"] as const;

export type WaitingStep = (typeof WAITING_STEPS)[number];

/**
 * The nodes that a step for this root would cut off. `sign`: those not known to trust it. `retire`: those, and those whose certificate
 * is not under it.
 */
export interface Behind {
  readonly step: WaitingStep;
  readonly root: string;
}

export interface LiveNodesRequest {
  readonly now: number;
  /** `null`: every live node. */
  readonly behind: Behind | null;
  readonly limit: number;
  /** The `next` of the page before. */
  readonly cursor: string | null;
}

/** A node with a certificate that is valid now, and what it is known to have. */
export interface LiveNode {
  readonly node: string;
  /** Of the last reply that it got or acknowledged. */
  readonly caGeneration: number | null;
  readonly seenAt: number | null;
  /** Whether the node, or an administrator for it, has said that the generation is in place. */
  readonly acknowledged: boolean;
  /** Its newest; `caGeneration` is the one that it was made under. */
  readonly certificate: { readonly serial: string; readonly notAfter: number; readonly caGeneration: number };
}

export interface LiveNodesPage {
  /** By name. */
  readonly nodes: readonly LiveNode[];
  readonly next: string | null;
}

export interface AcknowledgeRequest {
  readonly now: number;
  readonly node: string;
  readonly caGeneration: number;
  /** The credential's id, or `administrator`. */
  readonly actor: string;
  /** The key that speaks for the node, and must hold its name; `null` for an administrator. */
  readonly spkiSha256: string | null;
}

export type AcknowledgeOutcome = "acknowledged" | "generation-unknown" | "node-unknown" | "superseded";
