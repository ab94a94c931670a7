import { SecretUnavailable, type SecretStore, type SecretVersion } from "./custody.ts";
import { secretsManager, type AwsAccess } from "./secrets-manager.ts";

/**
 * Cluster secrets in AWS Secrets Manager. Only the version that is staged AWSCURRENT is ever used: a pending one has not been tested,
 * a previous one has been retired.
 */
export const awsSecretStore = (access: AwsAccess): SecretStore => {
  const call = secretsManager(access);
  return {
    fetch: async (secret) =>
      currentVersion(
        await call((client, options, sdk) =>
          client.send(
            new sdk.GetSecretValueCommand({ SecretId: secret, VersionStage: "AWSCURRENT" }),
            options,
          ),
        ),
      ),
  };
};

interface Reply {
  readonly SecretString?: string | undefined;
  readonly VersionId?: string | undefined;
  readonly VersionStages?: readonly string[] | undefined;
}

const currentVersion = ({
  SecretString: text,
  VersionId: versionId,
  VersionStages: stages,
}: Reply): SecretVersion => {
  if (text === undefined || versionId === undefined || stages?.includes("AWSCURRENT") !== true) {
    throw new SecretUnavailable("malformed-reply");
  }
  return { versionId, text };
};
