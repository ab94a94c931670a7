import { sha256Hex } from "../bytes.ts";
import { secretVariable } from "../policy/secret-name.ts";
import { SecretUnavailable, type SecretStore } from "./custody.ts";

/**
 * Cluster secrets as secrets of the Worker itself, each in the variable that {@link secretVariable} names: for development, and for
 * deployments that keep everything on the edge. A variable of a Worker holds at most 5 KB.
 */
export const embeddedSecretStore = (env: Readonly<Record<string, unknown>>): SecretStore => ({
  fetch: async (secret) => {
    const text = env[secretVariable(secret)];
    if (typeof text !== "string" || text === "") throw new SecretUnavailable("not-found");
    return { versionId: await sha256Hex(text), text };
  },
});
