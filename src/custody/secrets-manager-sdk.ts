/** What a Worker needs of the AWS SDK: a part of the bundle (docs/adr/0020-lazy-parts.md), from which the rest of the SDK falls out. */
export { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
