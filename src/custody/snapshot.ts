import type { IssuingCa } from "../pki/issuing-ca.ts";

/** Everything private about one cluster, from one version of its secret. A request uses one snapshot from beginning to end. */
export interface CaSnapshot {
  /** Lower-case hex SHA-256 over the chain and the trust bundle: two snapshots with one id are one generation. */
  readonly id: string;
  readonly ca: IssuingCa;
  /** HMAC-SHA-256 key of join tokens, non-extractable, usages `sign` and `verify`. */
  readonly tokenKey: CryptoKey;
  /** The Erlang cookie, or `null` where the secret holds none. */
  readonly cookie: string | null;
}
