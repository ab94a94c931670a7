import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { admit, asRateLimit } from "../../src/rate-limit.ts";

/** The counters of wrangler.toml, as the platform makes them. */
describe("the platform's counters", () => {
  it("admit an identity sixty times a minute, and no other pays for it", async () => {
    const limit = asRateLimit(env.RATE_BY_IDENTITY);
    expect(limit).not.toBeNull();
    const outcomes: boolean[] = [];
    for (let n = 0; n < 61; n++) outcomes.push((await admit(limit, "mq gcp:prod:1")).ok);
    expect(outcomes.filter(Boolean)).toHaveLength(60);
    expect(await admit(limit, "mq gcp:prod:1")).toMatchObject({ error: { code: "too-many-requests" } });
    expect(await admit(limit, "mq gcp:prod:2")).toMatchObject({ ok: true });
  });
  it("count addresses apart from identities", () => {
    expect(asRateLimit(env.RATE_BY_ADDRESS)).not.toBeNull();
    expect(env.RATE_BY_ADDRESS).not.toBe(env.RATE_BY_IDENTITY);
  });
});
