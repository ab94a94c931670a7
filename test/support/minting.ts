import { mintToken, type TokenClaims } from "../../src/auth/mint-token.ts";
import type { ClusterSecret } from "../../src/custody/cluster-secret.ts";

/** Mints a join token; any claim can be another. `at`: epoch seconds at which it says it was minted. */
export type Mint = (
  cluster: string,
  nodes: TokenClaims["nodes"],
  changes?: Partial<TokenClaims>,
  at?: number,
) => Promise<string>;

/** With the cluster's own token key, as the CLI mints: for one node, for an hour. */
export const mintWith =
  (secretOf: (cluster: string) => ClusterSecret, origin: () => string): Mint =>
  async (cluster, nodes, changes, at = Math.floor(Date.now() / 1000)) => {
    const claims = { cluster, origin: origin(), nodes, uses: 1, lifetime: 3600, pin: null, ...changes };
    const jti = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("hex");
    return mintToken(claims, await tokenKey(secretOf(cluster)), at, jti);
  };

const tokenKey = (secret: ClusterSecret): Promise<CryptoKey> =>
  crypto.subtle.importKey(
    "raw",
    Buffer.from(secret.tokenKey, "base64"),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
