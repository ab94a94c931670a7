import { canIssue } from "../pki/can-issue.ts";
import type { ClusterDefinition } from "../policy/definition.ts";
import { err, ok, type Result } from "../result.ts";
import type { CacheEntry, UnusableCode } from "./cache-entry.ts";
import { loadSnapshot, type SecretDefect } from "./cluster-secret.ts";
import { SecretUnavailable, type SecretStore } from "./custody.ts";
import type { CaSnapshot } from "./snapshot.ts";

export interface FetchedSnapshot {
  readonly snapshot: CaSnapshot;
  readonly versionId: string;
  /** Whether the store's version is another than the one we had. */
  readonly changed: boolean;
}

export interface FetchFailure {
  readonly code: UnusableCode;
  /** `store`: no version came. `secret`: one came and must not be used, which only an operator can mend. */
  readonly fault: "store" | "secret";
  /** A fixed word for the log. */
  readonly cause: string;
}

/** Asks the store for the current version and tests it, unless it is the one that we hold. Never throws. */
export const fetchSnapshot = async (
  store: SecretStore,
  cluster: ClusterDefinition,
  current: CacheEntry["current"],
  now: number,
): Promise<Result<FetchedSnapshot, FetchFailure>> => {
  try {
    const { versionId, text } = await store.fetch(cluster.ca.secret);
    if (current?.versionId === versionId && canIssue(current.snapshot.ca, now)) {
      return ok({ snapshot: current.snapshot, versionId, changed: false });
    }
    const loaded = await loadSnapshot(text, cluster, now);
    if (loaded.ok) return ok({ snapshot: loaded.value, versionId, changed: true });
    return err({ code: codeOf(loaded.error.reason), fault: "secret", cause: loaded.error.reason });
  } catch (error) {
    // Whatever it is, nothing is signed; the text of a foreign error stays out of the log.
    const cause = error instanceof SecretUnavailable ? error.reason : "fault";
    return err({ code: "ca-unavailable", fault: "store", cause });
  }
};

/** The one defect that time causes or mends. */
const codeOf = (reason: SecretDefect["reason"]): UnusableCode =>
  reason === "validity" ? "ca-expired" : "ca-unavailable";
