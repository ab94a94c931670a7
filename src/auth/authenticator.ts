import type { Refusal } from "../refusal.ts";
import type { Result } from "../result.ts";
import type { Credential } from "./credential.ts";
import type { Principal } from "./principal.ts";

/** What an authenticator may know beside the credential. */
export interface AuthenticationContext {
  /** The part of the cluster's definition that bears on credentials. */
  readonly cluster: {
    readonly id: string;
    readonly bootstrap: { readonly token: { readonly maxLifetime: number } | null };
  };
  readonly tokenKey: CryptoKey;
  /** Scheme and authority that audiences name, without a trailing slash. */
  readonly origin: string;
  /** The node that the request is for, as the path says. */
  readonly node: string;
  /** Epoch seconds. */
  readonly now: number;
}

/** One kind of credential. */
export interface Authenticator {
  /**
   * `null`: not my kind. A refusal: mine, and not acceptable. Otherwise who it is.
   * Pure cryptography: nothing is read from the ledger or written for a stranger. Never throws on what a caller sent.
   */
  authenticate(
    credential: Credential,
    context: AuthenticationContext,
  ): Promise<Result<Principal, Refusal> | null>;
}
