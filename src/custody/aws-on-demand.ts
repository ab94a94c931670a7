import { lazyAsync } from "../lazy.ts";
import type { SecretStore } from "./custody.ts";
import type { AwsAccess } from "./secrets-manager.ts";

/** The store in AWS, a part of the bundle (docs/adr/0020-lazy-parts.md): it is loaded, with what it needs of the SDK, for the first secret. */
export const awsOnDemand = (access: AwsAccess): SecretStore => {
  const store = lazyAsync(async () => (await import("./aws-secret-store.ts")).awsSecretStore(access));
  return { fetch: async (secret) => (await store()).fetch(secret) };
};
