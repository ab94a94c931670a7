import { refuse, type Refusal } from "./refusal.ts";
import { ok, type Result } from "./result.ts";

/** The platform's counter (Workers, `ratelimits`): counts one more call of the key, and says whether it is within the limit. */
export interface RateLimit {
  limit(call: { readonly key: string }): Promise<{ readonly success: boolean }>;
}

/** The period of the limits in wrangler.toml. */
const PERIOD_SECONDS = 60;

/** `null`: there is no such counter here (plain workerd), and everybody is admitted. Refuses with `too-many-requests`. */
export const admit = async (limit: RateLimit | null, key: string): Promise<Result<void, Refusal>> => {
  if (limit === null || (await limit.limit({ key })).success) return ok(undefined);
  return refuse({
    code: "too-many-requests",
    detail: "there were too many requests of this caller in the last minute; a later retry is safe",
    retryAfterSeconds: PERIOD_SECONDS,
  });
};

/** A binding of the platform, or `null` where there is none of this name. */
export const asRateLimit = (binding: unknown): RateLimit | null => (isRateLimit(binding) ? binding : null);

const isRateLimit = (binding: unknown): binding is RateLimit =>
  typeof binding === "object" &&
  binding !== null &&
  "limit" in binding &&
  typeof binding.limit === "function";
