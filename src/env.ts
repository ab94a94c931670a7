import type * as z from "zod/mini";
import { utf8 } from "./bytes.ts";
import type { AwsAccess } from "./custody/secrets-manager.ts";
import type { AdministratorTrust } from "./auth/bootstrap.ts";
import { variablesSchema, type AwsVariables, type Variables } from "./env-variables.ts";
import { parseClusters } from "./policy/clusters.ts";
import { needFixedOrigin } from "./policy/fixed-origin.ts";
import type { Clusters } from "./policy/definition.ts";
import { sentence } from "./policy/definition-problem.ts";
import type { NotifyTarget } from "./watch/webhook.ts";
import { err, ok, type Result } from "./result.ts";
import { JSON_DEFECTS, strictJson } from "./strict-json.ts";

/** What the runtime gives: any of it may be missing or wrong (the wire contract, section 7). */
export type Environment = Readonly<Record<string, unknown>>;

/** What the Worker needs, checked once an isolate. Absent optional values are `null`, so that each use must think of them. */
export interface Configuration {
  readonly clusters: Clusters;
  readonly store: { readonly kind: "embedded" } | ({ readonly kind: "aws" } & AwsAccess);
  readonly adminToken: string | null;
  /** Issuers whose web tokens administer, beside the secret. */
  readonly administrators: readonly AdministratorTrust[];
  readonly publicOrigin: string | null;
  readonly notify: NotifyTarget | null;
  /** Where `GetCallerIdentity` is asked instead of AWS's own addresses: a private endpoint, an emulator. */
  readonly stsEndpoint: string | null;
  readonly caCacheSeconds: number;
  readonly caStaleSeconds: number;
}

/** One thing that is wrong with the configuration: which variable, and what it must be. Never its value. */
export interface ConfigurationProblem {
  readonly variable: string;
  readonly problem: string;
}

/**
 * The one conversion from what the runtime gives to what the Worker needs. `bundledClusters` is the content of
 * `infra/clusters.json`; the variable `CLUSTERS` replaces it. Answers every problem at once.
 */
export const configure = async (
  env: Environment,
  bundledClusters: unknown,
): Promise<Result<Configuration, readonly ConfigurationProblem[]>> => {
  const given = withoutNulls(env);
  const clusters = await clustersOf(given["CLUSTERS"], bundledClusters);
  const administrators = await administratorsOf(given["ADMINISTRATORS"]);
  const parsed = variablesSchema(given["CA_STORE"]).safeParse(given, { error: sentence });
  if (!parsed.success || !administrators.ok || !clusters.ok) {
    return err([
      ...(parsed.success ? [] : variableProblems(parsed.error)),
      ...(administrators.ok ? [] : administrators.error),
      ...(clusters.ok ? [] : clusters.error),
    ]);
  }
  const { data } = parsed;
  const notify = notifyTarget(data);
  if (!notify.ok) return notify;
  const unfixed = data.PUBLIC_ORIGIN === undefined ? needFixedOrigin(clusters.value) : [];
  if (unfixed.length > 0) return err([{ variable: "PUBLIC_ORIGIN", problem: mustBeFixed(unfixed) }]);
  return ok({
    clusters: clusters.value,
    store: data.CA_STORE === "aws" ? { kind: "aws", ...awsAccess(data) } : { kind: "embedded" },
    adminToken: data.ADMIN_TOKEN ?? null,
    administrators: administrators.value,
    publicOrigin: data.PUBLIC_ORIGIN ?? null,
    notify: notify.value,
    stsEndpoint: data.AWS_ENDPOINT_URL_STS ?? null,
    caCacheSeconds: data.CA_CACHE_SECONDS,
    caStaleSeconds: data.CA_STALE_SECONDS,
  });
};

const mustBeFixed = (clusters: readonly string[]): string =>
  `must be set: ${clusters.join(", ")} takes web tokens with "audience": "cluster", and no caller's Host header may say whom they are for`;

/** A standalone workerd binds an unset environment variable as `null`. */
const withoutNulls = (env: Environment): Environment =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== null));

/** One without the other is a mistake: notices that nobody can tell from forged ones, or none at all. */
const notifyTarget = ({
  NOTIFY_URL: url,
  NOTIFY_KEY: key,
}: Variables): Result<NotifyTarget | null, readonly ConfigurationProblem[]> => {
  if (url !== undefined && key !== undefined) return ok({ url, key });
  if (url === undefined && key === undefined) return ok(null);
  const variable = url === undefined ? "NOTIFY_URL" : "NOTIFY_KEY";
  return err([{ variable, problem: "must be set where the other of NOTIFY_URL and NOTIFY_KEY is" }]);
};

const awsAccess = (data: AwsVariables): AwsAccess => ({
  region: data.AWS_REGION,
  accessKeyId: data.AWS_ACCESS_KEY_ID,
  secretAccessKey: data.AWS_SECRET_ACCESS_KEY,
  sessionToken: data.AWS_SESSION_TOKEN ?? null,
  endpoint: data.AWS_ENDPOINT_URL ?? null,
});

/** A variable is text; a JSON variable of the deployment arrives parsed. */
const clustersOf = async (
  variable: unknown,
  bundled: unknown,
): Promise<Result<Clusters, readonly ConfigurationProblem[]>> => {
  const json = typeof variable === "string" ? strictJson(utf8(variable)) : ok(variable ?? bundled);
  if (!json.ok) return err([{ variable: "CLUSTERS", problem: JSON_DEFECTS[json.error] }]);
  const clusters = await parseClusters(json.value);
  if (clusters.ok) return clusters;
  const name = variable === undefined ? "infra/clusters.json#" : "CLUSTERS#";
  return err(clusters.error.map(({ path, detail }) => ({ variable: `${name}${path}`, problem: detail })));
};

/** Few deployments have any: how they are read is in a part of the bundle. */
const administratorsOf = async (
  variable: unknown,
): Promise<Result<Configuration["administrators"], readonly ConfigurationProblem[]>> => {
  if (variable === undefined) return ok([]);
  const { parseAdministrators } = await import("./policy/evidence.ts");
  const parsed = parseAdministrators(variable);
  return parsed.ok ? parsed : err(parsed.error.map((problem) => ({ variable: "ADMINISTRATORS", problem })));
};

const variableProblems = (error: z.core.$ZodError): readonly ConfigurationProblem[] =>
  error.issues.map((issue) => ({ variable: String(issue.path[0] ?? "CA_STORE"), problem: issue.message }));
