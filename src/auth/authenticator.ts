import type { Refusal } from "../refusal.ts";
import type { Result } from "../result.ts";
import type { Bootstrap } from "./bootstrap.ts";
import type { Credential } from "./credential.ts";
import type { Principal } from "./principal.ts";

/** What an authenticator may know beside the credential. */
export interface AuthenticationContext {
  /** The part of the cluster's definition that bears on credentials. */
  readonly cluster: { readonly id: string; readonly bootstrap: Bootstrap };
  readonly tokenKey: CryptoKey;
  /** Scheme and authority that audiences name, without a trailing slash. */
  readonly origin: string;
  /** The certification request's DER, to see whether evidence names it. It is not verified yet. */
  readonly csr: Uint8Array<ArrayBuffer>;
  /** The node that the request is for, as the path says. */
  readonly node: string;
  /** Epoch seconds. */
  readonly now: number;
}

/** One kind of credential. */
export interface Authenticator {
  /**
   * `null`: not my kind. A refusal: mine, and not acceptable. Otherwise who it is.
   * Nothing is written for a stranger: cryptography, and at most the issuer's own keys or word, or one row of the ledger. Never throws on
   * what a caller sent.
   */
  authenticate(
    credential: Credential,
    context: AuthenticationContext,
  ): Promise<Result<Principal, Refusal> | null>;
}

/** The first authenticator whose kind of credential it is has the say. `null`: it is no one's kind. */
export const firstAnswer = async (
  authenticators: readonly Authenticator[],
  credential: Credential,
  context: AuthenticationContext,
): Promise<Result<Principal, Refusal> | null> => {
  for (const authenticator of authenticators) {
    const answer = await authenticator.authenticate(credential, context);
    if (answer !== null) return answer;
  }
  return null;
};
