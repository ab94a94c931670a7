import type { Custody } from "../custody/custody.ts";
import { LedgerUnavailable, type Ledger } from "../ledger/ledger.ts";
import type { Notice, NoticesRequest } from "../ledger/notices.ts";
import type { Log } from "../log.ts";
import type { IssuingCa } from "../pki/issuing-ca.ts";
import type { ClusterDefinition, Clusters } from "../policy/definition.ts";
import { formatDuration } from "../policy/duration.ts";
import { currentCrl } from "../revocation-list.ts";
import { formatTime } from "../time.ts";
import { postSigned, type NotifyTarget, type Post } from "./webhook.ts";

/** What the work between requests needs. */
export interface Watch {
  readonly clusters: Clusters;
  readonly custody: Custody;
  readonly ledgerOf: (cluster: string) => Ledger;
  /** `null`: nobody asked to be told. */
  readonly notify: NotifyTarget | null;
  readonly post: Post;
  readonly log: Log;
  /** Epoch seconds. */
  readonly now: number;
}

/** What came of it, by cluster. */
export interface WatchReport {
  readonly crlNextUpdate: number | null;
  readonly told: number;
  /** Posts that were not taken: they are due again next time. */
  readonly failed: number;
}

/** A run makes so many calls a cluster at most; what is left is due next time. */
const MAX_NOTICES = 40;

/**
 * The work between requests, every quarter of an hour: makes each cluster's CRL anew before it ends, and tells what is due to be told.
 * A cluster whose CA or ledger fails does not keep the others from it.
 */
export const watchClusters = async (watch: Watch): Promise<Readonly<Record<string, WatchReport | null>>> =>
  Object.fromEntries(
    await Promise.all(
      [...watch.clusters.values()].map(
        async (cluster) => [cluster.id, await watchCluster(cluster, watch)] as const,
      ),
    ),
  );

/** `null`: the ledger did not answer. */
const watchCluster = async (cluster: ClusterDefinition, watch: Watch): Promise<WatchReport | null> => {
  try {
    return await watchOver(cluster, watch);
  } catch (error) {
    if (!(error instanceof LedgerUnavailable)) throw error;
    watch.log({ level: "error", event: "watch-failed", cluster: cluster.id, code: "ledger-unavailable" });
    return null;
  }
};

const watchOver = async (cluster: ClusterDefinition, watch: Watch): Promise<WatchReport> => {
  const { custody, now, log } = watch;
  const ledger = watch.ledgerOf(cluster.id);
  const snapshot = await custody.snapshot(cluster, now);
  if (!snapshot.ok)
    log({ level: "error", event: "watch-failed", cluster: cluster.id, code: snapshot.error.code });
  const ca = snapshot.ok ? snapshot.value.ca : null;
  const crl = ca === null ? null : await currentCrl(cluster, ca, ledger, now);
  const due =
    watch.notify === null ? [] : await ledger.dueNotices({ now, ca: ca && endOf(ca), limit: MAX_NOTICES });
  const told = await tell(cluster.id, due, watch);
  await ledger.recordNotices(now, told);
  const failed = due.length - told.length;
  if (failed > 0) log({ level: "error", event: "notify-failed", cluster: cluster.id });
  return { crlNextUpdate: crl?.nextUpdate ?? null, told: told.length, failed };
};

/** The ledger never sees more of a CA. */
const endOf = ({ spkiSha256, notAfter }: IssuingCa): NoticesRequest["ca"] => ({ spkiSha256, notAfter });

/** One after the other, so that a receiver in trouble is not pressed; the first failure ends it until next time. */
const tell = async (
  cluster: string,
  due: readonly Notice[],
  { notify, now, post }: Watch,
): Promise<readonly string[]> => {
  const told: string[] = [];
  for (const notice of due) {
    if (notify === null || !(await postSigned(notify, messageOf(cluster, notice), now, post))) break;
    told.push(notice.id);
  }
  return told;
};

/** The message: `id` is the same whenever the same thing is told, should a receiver get it twice. */
export const messageOf = (cluster: string, notice: Notice): Readonly<Record<string, string>> => ({
  id: `${cluster}:${notice.id}`,
  kind: notice.kind,
  cluster,
  ...(notice.node === null ? {} : { node: notice.node }),
  ...(notice.serial === null ? {} : { serial: notice.serial }),
  ...(notice.credential === null ? {} : { credential: notice.credential }),
  ...(notice.notAfter === null ? {} : { notAfter: formatTime(notice.notAfter) }),
  ...(notice.threshold === null ? {} : { threshold: formatDuration(notice.threshold) }),
});
