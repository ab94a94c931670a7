import { lazyAsync } from "../lazy.ts";
import type { Authenticator } from "./authenticator.ts";
import type { Bootstrap } from "./bootstrap.ts";
import type { Credential } from "./credential.ts";
import type { Evidence } from "./evidence.ts";
import type { JwksSource } from "./jwt/jwks-source.ts";

/**
 * Parts of the bundle (infra/build.ts) that most isolates never need: they are loaded when a credential of their kind is shown to a
 * cluster that takes it. Loading decides nothing: the part asks everything again, and one that cannot be loaded is a fault of ours.
 */
export const onDemand = (
  isShown: (credential: Credential, taken: Bootstrap) => boolean,
  load: () => Promise<Authenticator>,
): Authenticator => ({
  authenticate: async (credential, context) =>
    isShown(credential, context.cluster.bootstrap) ? (await load()).authenticate(credential, context) : null,
});

export const evidenceOf =
  (method: Evidence["method"]) =>
  (credential: Credential, taken: Bootstrap): boolean =>
    credential.scheme === "evidence" && credential.evidence.method === method && taken[method] !== null;

/** Join tokens are bearers too; most clusters trust no issuer. */
export const perhapsWebToken = (credential: Credential, taken: Bootstrap): boolean =>
  credential.scheme === "bearer" && taken.jwt.length > 0;

/** Issuers' keys, in memory from the first that is looked up. */
export const jwksOnDemand = (load: () => Promise<JwksSource>): JwksSource => {
  const source = lazyAsync(load);
  return { find: async (...asked) => (await source()).find(...asked) };
};
