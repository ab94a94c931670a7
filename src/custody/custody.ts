import type { ClusterDefinition } from "../policy/definition.ts";
import type { Refusal } from "../refusal.ts";
import type { Result } from "../result.ts";
import type { CaSnapshot } from "./snapshot.ts";

/** One version of a cluster's secret, as the store holds it. */
export interface SecretVersion {
  readonly versionId: string;
  readonly text: string;
}

/** Where cluster secrets live. */
export interface SecretStore {
  /**
   * Fetches the current version (AWSCURRENT; never pending or previous).
   * Throws {@link SecretUnavailable} for whatever keeps it from answering: absent, denied, throttled, unreachable.
   */
  fetch(secret: string): Promise<SecretVersion>;
}

/** Why a secret could not be fetched. `reason` is a fixed word for the log; no provider text crosses this line. */
export class SecretUnavailable extends Error {
  override readonly name = "SecretUnavailable";
  readonly reason:
    | "not-found"
    | "access-denied"
    | "throttled"
    | "timeout"
    | "unreachable"
    | "malformed-reply"
    | "not-configured";
  constructor(reason: SecretUnavailable["reason"]) {
    super(`secret unavailable: ${reason}`);
    this.reason = reason;
  }
}

/** The clusters' CA material. */
export interface Custody {
  /**
   * The snapshot that a request must use for this cluster.
   * Refuses with `ca-unavailable` (no usable secret, cached or fresh) or `ca-expired` (outside its validity or in its last hour). Never throws.
   */
  snapshot(cluster: ClusterDefinition, now: number): Promise<Result<CaSnapshot, Refusal>>;
}
