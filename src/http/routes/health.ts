import type { Context } from "hono";
import type { ClusterDefinition } from "../../policy/definition.ts";
import { VERSION } from "../../version.ts";
import { formatTime } from "../../time.ts";
import type { HttpEnv } from "../context.ts";

/** `GET /healthz`: the process is up. */
export const getHealth = (c: Context<HttpEnv>): Response => c.json({ status: "ok", version: VERSION });

/** `GET /readyz`: every cluster's CA loads and is valid, and its ledger answers. Failing parts are named by code alone. */
export const getReadiness = async (c: Context<HttpEnv>): Promise<Response> => {
  const clusters = [...c.get("deployment").clusters.values()];
  const checked = await Promise.all(
    clusters.map(async (cluster) => [cluster.id, await readinessOf(c, cluster)] as const),
  );
  const ready = checked.every(([, parts]) => parts.ca === "ok" && parts.ledger === "ok");
  const body = { status: ready ? "ready" : "not-ready", clusters: Object.fromEntries(checked) };
  return c.json(body, ready ? 200 : 503, ready ? {} : { "Retry-After": "10" });
};

interface Readiness {
  readonly ca: string;
  readonly caNotAfter?: string;
  readonly ledger: string;
}

const readinessOf = async (c: Context<HttpEnv>, cluster: ClusterDefinition): Promise<Readiness> => {
  const { custody, ledgerOf } = c.get("deployment");
  const [snapshot, ledger] = await Promise.all([
    custody.snapshot(cluster, c.get("now")),
    ledgerOf(cluster.id)
      .ping()
      .catch(() => "ledger-unavailable" as const),
  ]);
  return snapshot.ok
    ? { ca: "ok", caNotAfter: formatTime(snapshot.value.ca.notAfter), ledger }
    : { ca: snapshot.error.code, ledger };
};
