import type { Administrators } from "./auth/administrator.ts";
import type { Authenticator } from "./auth/authenticator.ts";
import type { World } from "./bundle-contract.ts";
import type { Custody } from "./custody/custody.ts";
import type { Ledger } from "./ledger/ledger.ts";
import type { Log } from "./log.ts";
import type { Clusters, Product } from "./policy/definition.ts";
import type { RateLimit } from "./rate-limit.ts";
import type { Renderer } from "./render/renderer.ts";
import type { NotifyTarget, Post } from "./watch/webhook.ts";

/** A deployment, configured: what `http/` serves. Made once an isolate by `index.ts`. */
export interface Deployment {
  readonly clusters: Clusters;
  readonly custody: Custody;
  readonly authenticators: readonly Authenticator[];
  readonly ledgerOf: (cluster: string) => Ledger;
  readonly rendererFor: (product: Product) => Renderer;
  /** What this isolate remembers, for callers that have shown a credential (docs/adr/0021-what-an-isolate-remembers.md). */
  readonly memory: Pick<World, "proofs" | "served" | "rendererFor">;
  /** Counts requests by network address; `null` where the platform has no counters. */
  readonly rateByAddress: RateLimit | null;
  readonly administrators: Administrators;
  /** Scheme and authority that URLs and audiences name; `null` takes the request's. */
  readonly publicOrigin: string | null;
  /** `null`: nobody asked to be told. */
  readonly notify: NotifyTarget | null;
  readonly post: Post;
  /** How long a CA is used that the store has not confirmed. */
  readonly caStaleSeconds: number;
  readonly log: Log;
  /** Epoch seconds. */
  readonly clock: () => number;
  readonly random: (length: number) => Uint8Array<ArrayBuffer>;
}
