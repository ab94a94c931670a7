import { refuse, type Refusal } from "../../refusal.ts";
import { ok, type Result } from "../../result.ts";
import { strictJson } from "../../strict-json.ts";
import type { JwtTrust } from "../bootstrap.ts";
import { ask, type Fetch } from "../outside.ts";
import { parseJwks, selectJwk, type PublicJwk } from "./jwk.ts";

/** Where an issuer's keys come from: the one door to the outside of web tokens. */
export interface JwksSource {
  /**
   * The issuer's key of this name (`null`: its only one), or `null` where it has none. Refuses with `issuer-unavailable` where its keys
   * cannot be had. Only the address of the definition is ever asked, never one that a token names.
   */
  find(trust: KeyTrust, kid: string | null, now: number): Promise<Result<PublicJwk | null, Refusal>>;
}

const LIMITS = { bytes: 256 * 1024, milliseconds: 5_000 };
/** A key that its issuer withdrew is believed this long at most. */
const FRESH_SECONDS = 600;
/** Keys that could not be confirmed are used this long, then nobody is believed. */
const STALE_SECONDS = 6 * 3600;
/** An unknown `kid` costs its issuer one look a minute, however many callers invent one. */
const COOL_DOWN_SECONDS = 60;
/** A failure is remembered this long where there is nothing else to go by. */
const FAILURE_SECONDS = 5;

/** What a source must know of an issuer. */
export type KeyTrust = Pick<JwtTrust, "issuer" | "jwks">;

interface Known {
  readonly keys: readonly PublicJwk[] | null;
  /** Epoch seconds, 0 for never: when the keys were last seen, when the issuer was last asked, when it last failed. */
  readonly confirmedAt: number;
  readonly askedAt: number;
  readonly failedAt: number;
}

const NOTHING: Known = { keys: null, confirmedAt: 0, askedAt: 0, failedAt: 0 };

/** Keys in memory, by issuer and address first and by `kid` second: one issuer's `kid` says nothing of another's keys (CVE-2026-49998). */
export const jwksSource = (fetch: Fetch): JwksSource => {
  const memory = new Map<string, Known>();
  const asking = new Set<string>();
  const learn = async (name: string, url: string, now: number): Promise<void> => {
    memory.set(name, { ...(memory.get(name) ?? NOTHING), askedAt: now });
    asking.add(name);
    const keys = await fetchKeys(fetch, url);
    asking.delete(name);
    const before = memory.get(name) ?? NOTHING;
    // Garbage and silence take nothing away: the keys that are known stay until they are stale.
    memory.set(name, keys === null ? { ...before, failedAt: now } : { ...before, keys, confirmedAt: now });
  };
  return {
    find: async (trust, kid, now) => {
      if ("inline" in trust.jwks) return ok(selectJwk(trust.jwks.inline, kid));
      const name = JSON.stringify([trust.issuer, trust.jwks.url]);
      if (mustAsk(memory.get(name) ?? NOTHING, kid, now)) await learn(name, trust.jwks.url, now);
      const { keys, confirmedAt } = memory.get(name) ?? NOTHING;
      if (keys === null || now - confirmedAt > STALE_SECONDS) return unavailable();
      const key = selectJwk(keys, kid);
      // Somebody is asking right now: the answer may have it.
      return key === null && asking.has(name) ? unavailable() : ok(key);
    },
  };
};

/** Whether the issuer must be asked before this `kid` can be looked up. */
const mustAsk = (
  { keys, confirmedAt, askedAt, failedAt }: Known,
  kid: string | null,
  now: number,
): boolean => {
  if (keys === null) return failedAt === 0 || now - failedAt > FAILURE_SECONDS;
  if (now - askedAt <= COOL_DOWN_SECONDS) return false;
  return now - confirmedAt > FRESH_SECONDS || selectJwk(keys, kid) === null;
};

const fetchKeys = async (fetch: Fetch, url: string): Promise<readonly PublicJwk[] | null> => {
  const answer = await ask(fetch, url, { headers: { Accept: "application/json" } }, LIMITS);
  const json = answer?.status === 200 ? strictJson(answer.body) : null;
  return json?.ok === true ? parseJwks(json.value) : null;
};

const unavailable = (): Result<never, Refusal> =>
  refuse({
    code: "issuer-unavailable",
    detail: "the keys of the token's issuer cannot be had at the moment; a retry is safe",
    retryAfterSeconds: FAILURE_SECONDS,
  });
