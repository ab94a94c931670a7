import { waitUntil } from "cloudflare:workers";
import bundledClusters from "../infra/clusters.json" with { type: "json" };
import { instanceDocuments } from "./auth/aws-iid.ts";
import { awsSts } from "./auth/aws-sts.ts";
import { attestedDocuments } from "./auth/azure-imds.ts";
import { webTokens } from "./auth/jwt.ts";
import { jwksSource } from "./auth/jwt/jwks-source.ts";
import type { Fetch } from "./auth/outside.ts";
import { possession } from "./auth/possession.ts";
import { rateLimited } from "./auth/rate-limited.ts";
import { joinTokens } from "./auth/token.ts";
import { awsSecretStore } from "./custody/aws-secret-store.ts";
import { cachedCustody } from "./custody/cached-custody.ts";
import type { SecretStore } from "./custody/custody.ts";
import { embeddedSecretStore } from "./custody/embedded-secret-store.ts";
import type { Deployment } from "./deployment.ts";
import { configure, type Configuration, type Environment } from "./env.ts";
import { createApp } from "./http/app.ts";
import { createUnconfiguredApp } from "./http/unconfigured.ts";
import { remoteLedgers } from "./ledger/remote-ledger.ts";
import { jsonLog } from "./log.ts";
import { asRateLimit } from "./rate-limit.ts";
import { rendererFor } from "./render/renderers.ts";
import { watchClusters } from "./watch/watch.ts";

export { LedgerObject } from "./ledger/ledger-object.ts";

/** The composition root: the only file that knows every implementation. */

const log = jsonLog(
  (text) => console.log(text),
  () => new Date(),
);
const clock = (): number => Math.floor(Date.now() / 1000);
const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));

const outside: Fetch = (url, init) => fetch(url, init);

/** In memory as long as the isolate lives, for nodes and administrators alike. */
const issuerKeys = jwksSource(outside);

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
    webTokens(issuerKeys),
    awsSts(outside, configuration.stsEndpoint),
    instanceDocuments,
    attestedDocuments,
    joinTokens,
  ].map(rateLimited(asRateLimit(env.RATE_BY_IDENTITY))),
  rateByAddress: asRateLimit(env.RATE_BY_ADDRESS),
  ledgerOf,
  rendererFor,
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
  store.kind === "aws" ? awsSecretStore(store) : embeddedSecretStore(asEnvironment(env));

/** The generated type names the bindings of wrangler.toml; what arrives may hold more (secrets) or less. */
const asEnvironment = (env: Cloudflare.Env): Environment => ({ ...env });

interface Server {
  readonly serve: (request: Request) => Response | Promise<Response>;
  /** The work between requests. */
  readonly watch: () => Promise<void>;
}

/** Configured once an isolate, at the first request: its bindings do not change while it lives. */
let server: Server | null = null;

const serverFor = (env: Cloudflare.Env): Server => {
  const configuration = configure(asEnvironment(env), bundledClusters);
  if (!configuration.ok) {
    const app = createUnconfiguredApp(configuration.error, log, clock);
    return { serve: (request) => app.fetch(request), watch: () => Promise.resolve() };
  }
  const deployment = deploy(configuration.value, env);
  const app = createApp(deployment);
  return {
    serve: (request) => app.fetch(request),
    watch: async () => {
      await watchClusters({ ...deployment, now: clock() });
    },
  };
};

export default {
  fetch: (request, env) => {
    server ??= serverFor(env);
    return server.serve(request);
  },
  scheduled: async (_controller, env) => {
    server ??= serverFor(env);
    await server.watch();
  },
} satisfies ExportedHandler<Cloudflare.Env>;
