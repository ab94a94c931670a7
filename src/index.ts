import { waitUntil } from "cloudflare:workers";
import bundledClusters from "../infra/clusters.json" with { type: "json" };
import { evidenceOf, jwksOnDemand, onDemand, perhapsWebToken } from "./auth/on-demand.ts";
import type { Fetch } from "./auth/outside.ts";
import { possession } from "./auth/possession.ts";
import { rateLimited } from "./auth/rate-limited.ts";
import { joinTokens } from "./auth/token.ts";
import { boundedMap } from "./bounded-map.ts";
import { awsOnDemand } from "./custody/aws-on-demand.ts";
import { cachedCustody } from "./custody/cached-custody.ts";
import type { SecretStore } from "./custody/custody.ts";
import { embeddedSecretStore } from "./custody/embedded-secret-store.ts";
import type { Deployment } from "./deployment.ts";
import { configure, type Configuration, type ConfigurationProblem, type Environment } from "./env.ts";
import { createApp } from "./http/app.ts";
import { unserved } from "./http/unserved.ts";
import { lazyAsync } from "./lazy.ts";
import { remoteLedgers } from "./ledger/remote-ledger.ts";
import { jsonLog } from "./log.ts";
import { proofMemory } from "./pki/proof-memory.ts";
import { asRateLimit } from "./rate-limit.ts";
import { remembering } from "./render/remembering.ts";
import { rendererFor } from "./render/renderers.ts";

export { LedgerObject } from "./ledger/ledger-object.ts";

/** The composition root: the only file that knows every implementation. */

const log = jsonLog(
  (text) => console.log(text),
  () => new Date(),
);
const clock = (): number => Math.floor(Date.now() / 1000);
const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));

const outside: Fetch = (url, init) => fetch(url, init);

const evidence = () => import("./policy/evidence.ts");

/** In memory as long as the isolate lives, for nodes and administrators alike. */
const issuerKeys = jwksOnDemand(async () => (await evidence()).jwksSource(outside));

/** As many nodes as boot at once, in a megabyte or two. */
const SERVED_KEYS = 4096;

const deploy = (
  configuration: Configuration,
  env: Cloudflare.Env,
  ledgerOf = remoteLedgers(env.LEDGER, waitUntil),
): Deployment => ({
  clusters: configuration.clusters,
  custody: cachedCustody({
    store: storeOf(configuration, env),
    cacheSeconds: configuration.caCacheSeconds,
    staleSeconds: configuration.caStaleSeconds,
    random,
    waitUntil,
    log,
  }),
  authenticators: [
    possession((cluster, serial) => ledgerOf(cluster).entry(serial, clock())),
    onDemand(perhapsWebToken, async () => (await evidence()).webTokens(issuerKeys)),
    onDemand(evidenceOf("aws-sts"), async () =>
      (await evidence()).awsSts(outside, configuration.stsEndpoint),
    ),
    onDemand(evidenceOf("aws-iid"), async () => (await evidence()).instanceDocuments),
    onDemand(evidenceOf("azure-imds"), async () => (await evidence()).attestedDocuments),
    joinTokens,
  ].map(rateLimited(asRateLimit(env.RATE_BY_IDENTITY))),
  rateByAddress: asRateLimit(env.RATE_BY_ADDRESS),
  ledgerOf,
  rendererFor,
  memory: {
    proofs: proofMemory(),
    served: boundedMap(SERVED_KEYS),
    rendererFor: remembering(rendererFor, configuration.clusters.values()),
  },
  administrators: {
    token: configuration.adminToken,
    issuers: configuration.administrators,
    keys: issuerKeys,
  },
  publicOrigin: configuration.publicOrigin,
  caStaleSeconds: configuration.caStaleSeconds,
  notify: configuration.notify,
  post: outside,
  log,
  clock,
  random,
});

const storeOf = ({ store }: Configuration, env: Cloudflare.Env): SecretStore =>
  store.kind === "aws" ? awsOnDemand(store) : embeddedSecretStore(asEnvironment(env));

/** The generated type names the bindings of wrangler.toml; what arrives may hold more (secrets) or less. */
const asEnvironment = (env: Cloudflare.Env): Environment => ({ ...env });

interface Server {
  readonly serve: (request: Request) => Response | Promise<Response>;
  /** The work between requests. */
  readonly watch: () => Promise<void>;
}

/** Configured once an isolate, at the first request: its bindings do not change while it lives. */
let server: (() => Promise<Server>) | null = null;

const serverFor = (env: Cloudflare.Env): Promise<Server> => (server ??= lazyAsync(() => makeServer(env)))();

const makeServer = async (env: Cloudflare.Env): Promise<Server> => {
  const configuration = await configure(asEnvironment(env), bundledClusters);
  return configuration.ok ? configured(configuration.value, env) : unconfigured(configuration.error);
};

const configured = (configuration: Configuration, env: Cloudflare.Env): Server => {
  const deployment = deploy(configuration, env);
  const app = createApp(deployment);
  return {
    serve: (request) => app.fetch(request),
    watch: async () => {
      const { watchClusters } = await import("./http/beside-issuing.ts");
      await watchClusters({ ...deployment, now: clock() });
    },
  };
};

const unconfigured = async (problems: readonly ConfigurationProblem[]): Promise<Server> => {
  const { createUnconfiguredApp } = await import("./http/beside-issuing.ts");
  const app = createUnconfiguredApp(problems, log, clock);
  return { serve: (request) => app.fetch(request), watch: () => Promise.resolve() };
};

/** Such as where a part of the bundle cannot be loaded. The next request tries again. */
const notMade = (error: unknown): Pick<Server, "serve"> => ({
  serve: (request) => unserved(request, error, log, clock),
});

export default {
  fetch: async (request, env) => {
    const { serve } = await serverFor(env).catch(notMade);
    return serve(request);
  },
  scheduled: async (_controller, env) => {
    const { watch } = await serverFor(env);
    await watch();
  },
} satisfies ExportedHandler<Cloudflare.Env>;
