import { AWS_ENDPOINT_RULE, isAwsEndpoint } from "../custody/aws-endpoint.ts";
import type { AwsAccess } from "../custody/secrets-manager.ts";
import { ok, type Result } from "../result.ts";
import { refused, type Complaint } from "./command.ts";
import type { World } from "./world.ts";

/** The operator's access to AWS. As for every AWS tool, an empty variable is one that is not set. */
export const awsAccess = ({ env }: World): Result<AwsAccess, Complaint> => {
  const { AWS_REGION: region, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (!region || !accessKeyId || !secretAccessKey)
    return refused("AWS needs AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment");
  const endpoint = env["AWS_ENDPOINT_URL"] || null;
  if (endpoint !== null && !isAwsEndpoint(endpoint)) return refused(`AWS_ENDPOINT_URL ${AWS_ENDPOINT_RULE}`);
  return ok({
    region,
    accessKeyId,
    secretAccessKey,
    sessionToken: env["AWS_SESSION_TOKEN"] || null,
    endpoint,
  });
};
