import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { awsHttp } from "./aws-http.ts";
import { SecretUnavailable } from "./custody.ts";
import type * as Sdk from "./secrets-manager-sdk.ts";

/** How to reach AWS Secrets Manager. Credentials are given, never searched for. */
export interface AwsAccess {
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
  /** A private endpoint or an emulator, as in every AWS SDK. */
  readonly endpoint: string | null;
}

type Call<T> = (
  client: SecretsManagerClient,
  options: { readonly abortSignal: AbortSignal },
  sdk: typeof Sdk,
) => Promise<T>;

/** All attempts together; the SDK itself knows no limit (workers.md §3). */
const LIMIT_MILLISECONDS = 3000;

/**
 * One operation on Secrets Manager, in one client of the access's own. Throws {@link SecretUnavailable} and nothing else: a provider's
 * text never crosses this line.
 */
export const secretsManager = (access: AwsAccess) => {
  let client: SecretsManagerClient | null = null;
  return async <T>(call: Call<T>): Promise<T> => {
    // Loaded at the first use: 50 KiB, and 25 ms of CPU (workers.md §3).
    const sdk = await import("./secrets-manager-sdk.ts");
    client ??= new sdk.SecretsManagerClient(clientConfiguration(access));
    const abortSignal = AbortSignal.timeout(LIMIT_MILLISECONDS);
    try {
      return await Promise.race([call(client, { abortSignal }, sdk), rejection(abortSignal)]);
    } catch (error) {
      throw abortSignal.aborted ? new SecretUnavailable("timeout") : sanitised(error);
    }
  };
};

const clientConfiguration = (access: AwsAccess) => ({
  region: access.region,
  credentials: {
    accessKeyId: access.accessKeyId,
    secretAccessKey: access.secretAccessKey,
    ...(access.sessionToken === null ? {} : { sessionToken: access.sessionToken }),
  },
  ...(access.endpoint === null ? {} : { endpoint: access.endpoint }),
  maxAttempts: 2,
  requestHandler: awsHttp,
});

/** The SDK's pauses between attempts do not listen to the signal; this does. */
const rejection = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new SecretUnavailable("timeout")), { once: true });
  });

type Reason = SecretUnavailable["reason"];

const REASONS: ReadonlyMap<string, Reason> = new Map<string, Reason>([
  ["ResourceNotFoundException", "not-found"],
  // A secret that is marked for deletion.
  ["InvalidRequestException", "not-found"],
  ["AccessDeniedException", "access-denied"],
  ["UnrecognizedClientException", "access-denied"],
  ["InvalidSignatureException", "access-denied"],
  ["ExpiredTokenException", "access-denied"],
  ["DecryptionFailure", "access-denied"],
  ["ThrottlingException", "throttled"],
  ["TooManyRequestsException", "throttled"],
  ["RequestLimitExceeded", "throttled"],
]);

const sanitised = (error: unknown): SecretUnavailable => {
  if (error instanceof SecretUnavailable) return error;
  const status = statusOf(error);
  if (status === null) return new SecretUnavailable("malformed-reply");
  const known = error instanceof Error ? REASONS.get(error.name) : undefined;
  return new SecretUnavailable(known ?? reasonOfStatus(status));
};

const reasonOfStatus = (status: number): Reason => {
  if (status === 401 || status === 403) return "access-denied";
  if (status === 429) return "throttled";
  return status >= 500 ? "unreachable" : "malformed-reply";
};

/** The SDK notes the status on what it throws. */
const statusOf = (error: unknown): number | null => {
  if (typeof error !== "object" || error === null || !("$metadata" in error)) return null;
  const metadata = error.$metadata;
  return typeof metadata === "object" &&
    metadata !== null &&
    "httpStatusCode" in metadata &&
    typeof metadata.httpStatusCode === "number"
    ? metadata.httpStatusCode
    : null;
};
