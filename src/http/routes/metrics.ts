import type { Context } from "hono";
import type { Census } from "../../ledger/expiry.ts";
import type { ClusterDefinition } from "../../policy/definition.ts";
import type { HttpEnv } from "../context.ts";

/** `GET /metrics`: the Prometheus text format, 0.0.4. Everything comes from the ledgers and the CAs: an isolate's own counters would lie. */
export const getMetrics = async (c: Context<HttpEnv>): Promise<Response> => {
  const clusters = [...c.get("deployment").clusters.values()];
  const samples = (await Promise.all(clusters.map((cluster) => samplesOf(c, cluster)))).flat();
  const text = METRICS.map(({ name, type, help }) =>
    [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...samples.filter((sample) => sample.name === name).map(printSample),
      "",
    ].join("\n"),
  ).join("");
  return c.body(text, 200, { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" });
};

const METRICS = [
  { name: "interlock_ca_up", type: "gauge", help: "Whether the cluster's CA can be had." },
  { name: "interlock_ca_expiry_seconds", type: "gauge", help: "Seconds until the issuing CA ends." },
  { name: "interlock_ledger_up", type: "gauge", help: "Whether the cluster's ledger answers." },
  { name: "interlock_certificates", type: "gauge", help: "Certificates that the ledger remembers." },
  { name: "interlock_nodes", type: "gauge", help: "Nodes that live on a valid certificate." },
  { name: "interlock_next_expiry_seconds", type: "gauge", help: "Seconds until the first of them ends." },
  { name: "interlock_renewals_overdue", type: "gauge", help: "Nodes that should have renewed." },
  {
    name: "interlock_generation_laggards",
    type: "gauge",
    help: "Nodes whose certificate is of an earlier CA generation than the newest.",
  },
  { name: "interlock_crl_age_seconds", type: "gauge", help: "Seconds since the newest CRL was made." },
  {
    name: "interlock_refusals_total",
    type: "counter",
    help: "Refusals of verified credentials; at most 100 of each credential and kind are counted.",
  },
] as const;

interface Sample {
  readonly name: (typeof METRICS)[number]["name"];
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Label values are cluster names, states and codes: none needs an escape. */
const printSample = ({ name, labels, value }: Sample): string => {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
  return `${name}{${pairs.join(",")}} ${String(value)}`;
};

const samplesOf = async (c: Context<HttpEnv>, cluster: ClusterDefinition): Promise<readonly Sample[]> => {
  const { custody, ledgerOf } = c.get("deployment");
  const now = c.get("now");
  const labels = { cluster: cluster.id };
  const [snapshot, census] = await Promise.all([
    custody.snapshot(cluster, now),
    ledgerOf(cluster.id)
      .takeCensus(now)
      .catch(() => null),
  ]);
  return [
    { name: "interlock_ca_up", labels, value: Number(snapshot.ok) },
    ...(snapshot.ok
      ? [{ name: "interlock_ca_expiry_seconds", labels, value: snapshot.value.ca.notAfter - now } as const]
      : []),
    { name: "interlock_ledger_up", labels, value: Number(census !== null) },
    ...(census === null ? [] : censusSamples(census, labels, now)),
  ];
};

const censusSamples = (
  census: Census,
  labels: { readonly cluster: string },
  now: number,
): readonly Sample[] => [
  ...Object.entries(census.certificates).map(
    ([state, value]) => ({ name: "interlock_certificates", labels: { ...labels, state }, value }) as const,
  ),
  { name: "interlock_nodes", labels, value: census.nodes },
  ...(census.nextExpiry === null
    ? []
    : [{ name: "interlock_next_expiry_seconds", labels, value: census.nextExpiry - now } as const]),
  { name: "interlock_renewals_overdue", labels, value: census.overdue },
  { name: "interlock_generation_laggards", labels, value: census.laggards },
  ...(census.crlThisUpdate === null
    ? []
    : [{ name: "interlock_crl_age_seconds", labels, value: now - census.crlThisUpdate } as const]),
  ...census.refusals.map(
    ({ code, count }) =>
      ({ name: "interlock_refusals_total", labels: { ...labels, code }, value: count }) as const,
  ),
];
