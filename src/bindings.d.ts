/** The bindings of wrangler.toml that are not text. Variables and secrets are read by `env.ts` alone, as unknown values. */
declare namespace Cloudflare {
  interface Env {
    readonly LEDGER: DurableObjectNamespace<import("./ledger/ledger-object.ts").LedgerObject>;
    /** Counters (wrangler.toml, `ratelimits`); a standalone workerd has none. */
    readonly RATE_BY_ADDRESS?: RateLimit;
    readonly RATE_BY_IDENTITY?: RateLimit;
  }
}

/** What runs on nodes is bundled as text (`[[rules]]` in wrangler.toml, infra/build.ts). */
declare module "*.sh" {
  const text: string;
  export default text;
}
declare module "*.py" {
  const text: string;
  export default text;
}
