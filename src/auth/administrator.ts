import { sha256, utf8 } from "../bytes.ts";
import { refuse, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";
import { INVALID_CREDENTIAL, type Credential } from "./credential.ts";

/** The deployment's administrator, by its bearer secret. */
export type Administrator = "administrator";

/**
 * Compares SHA-256 digests in constant time, so that neither content nor length shows in the timing.
 * Without a configured secret nobody is an administrator.
 */
export const authenticateAdministrator = async (
  credential: Credential,
  adminToken: string | null,
): Promise<Result<Administrator, Refusal>> => {
  if (credential.scheme !== "bearer" || adminToken === null) return notAdministrator();
  const [given, expected] = await Promise.all([sha256(utf8(credential.token)), sha256(utf8(adminToken))]);
  const equal = given.reduce((difference, byte, i) => difference | (byte ^ (expected[i] ?? 0)), 0) === 0;
  return equal ? ok("administrator") : notAdministrator();
};

const notAdministrator = (): Result<never, Refusal> =>
  refuse({ code: "credential-invalid", detail: INVALID_CREDENTIAL });
