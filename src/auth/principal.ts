import type { NodeForm } from "../node/node-form.ts";

/** Who asks, as a verified credential says. Only an authenticator makes one. */
export interface Principal {
  readonly kind: "token";
  /** The credential's name in the ledger: `jti:…`. */
  readonly id: string;
  /** Which nodes it may ask for: one full node name, or a form `name@*.zone` whose host stands for one more label. */
  readonly nodes: { readonly exact: string } | { readonly form: NodeForm };
  /** How many distinct nodes may use it. */
  readonly uses: number;
  /** Epoch seconds. */
  readonly expiresAt: number;
  /** Past its time: it still fetches what it was bound to, and binds nothing new (docs/issuance.md). */
  readonly expired: boolean;
  /** Lower-case hex SHA-256 of the only CSR (its DER) that it may be used with. */
  readonly csrSha256: string | null;
}
