import { sha256, utf8 } from "../bytes.ts";
import { refuse, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";
import type { AdministratorTrust } from "./bootstrap.ts";
import { INVALID_CREDENTIAL, type Credential } from "./credential.ts";
import { verifiedClaims } from "./jwt.ts";
import { claimDefect } from "./jwt/claims.ts";
import { readCompact } from "./jwt/compact.ts";
import type { JwksSource } from "./jwt/jwks-source.ts";

/** Somebody who may administer the deployment, by its bearer secret or by an issuer's word. */
export type Administrator = "administrator";

/** Who may administer. */
export interface Administrators {
  /** `null`: nobody has a secret. */
  readonly token: string | null;
  readonly issuers: readonly AdministratorTrust[];
  readonly keys: JwksSource;
}

/** Refuses whoever has neither the secret nor a web token of a listed issuer with the demanded claims. `now` is epoch seconds. */
export const authenticateAdministrator = async (
  credential: Credential,
  { token, issuers, keys }: Administrators,
  now: number,
): Promise<Result<Administrator, Refusal>> => {
  if (credential.scheme !== "bearer") return invalid(INVALID_CREDENTIAL);
  const unverified = readCompact(credential.token);
  const trust = issuers.find(({ issuer }) => issuer === unverified?.claims["iss"]);
  if (unverified === null || trust === undefined)
    return (await isSecret(credential.token, token)) ? ok("administrator") : invalid(INVALID_CREDENTIAL);
  const claims = await verifiedClaims(unverified, trust, keys, now);
  if (!claims.ok) return claims;
  const defect = claimDefect(
    claims.value,
    trust,
    { audience: trust.audience, otherwise: WRONG_AUDIENCE },
    now,
  );
  return defect === null ? ok("administrator") : refuse(defect);
};

const WRONG_AUDIENCE = "the token's audience is not the one that administrators of this deployment must have";

/**
 * Compares SHA-256 digests in constant time, so that neither content nor length shows in the timing.
 * Without a configured secret nobody has it.
 */
const isSecret = async (given: string, secret: string | null): Promise<boolean> => {
  if (secret === null) return false;
  const [ours, theirs] = await Promise.all([sha256(utf8(secret)), sha256(utf8(given))]);
  return ours.reduce((difference, byte, i) => difference | (byte ^ (theirs[i] ?? 0)), 0) === 0;
};

const invalid = (detail: string): Result<never, Refusal> => refuse({ code: "credential-invalid", detail });
