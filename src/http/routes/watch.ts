import type { Context } from "hono";
import { watchClusters, type WatchReport } from "../../watch/watch.ts";
import { formatTimeOrNull } from "../../time.ts";
import type { HttpEnv } from "../context.ts";

/** `POST /v1/watch`: what the schedule does, now; for deployments that have no schedule of their own. */
export const postWatch = async (c: Context<HttpEnv>): Promise<Response> => {
  const { clusters, custody, ledgerOf, notify, post, log } = c.get("deployment");
  const now = c.get("now");
  const reports = await watchClusters({ clusters, custody, ledgerOf, notify, post, log, now });
  const members = Object.entries(reports).map(
    ([cluster, report]) => [cluster, reportMember(report)] as const,
  );
  return c.json({ clusters: Object.fromEntries(members) });
};

const reportMember = (report: WatchReport | null): object => {
  if (report === null) return { ledger: "ledger-unavailable" };
  const { crlNextUpdate, told, failed } = report;
  return { crlNextUpdate: formatTimeOrNull(crlNextUpdate), told, failed };
};
