import type { SecretStore } from "./custody.ts";
import type { AwsAccess } from "./secrets-manager.ts";

/** The store in AWS, a part of the bundle (docs/adr/0020-lazy-parts.md): it is loaded, with what it needs of the SDK, for the first secret. */
export const awsOnDemand = (access: AwsAccess): SecretStore => {
  let store: SecretStore | null = null;
  return {
    fetch: async (secret) => {
      const { awsSecretStore } = await import("./aws-secret-store.ts");
      store ??= awsSecretStore(access);
      return store.fetch(secret);
    },
  };
};
