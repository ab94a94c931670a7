import { ok, type Result } from "../../result.ts";
import { refuse, type Refusal } from "../../refusal.ts";

/**
 * A cookie that travels as `-setcookie`. The emulator takes a leading hyphen for the next flag and makes up a cookie of its own,
 * without a word (seen on OTP 25, 27 and 29): refused, so that the node does not come up alone.
 */
export const flagCookie = (cookie: string | null): Result<string | null, Refusal> =>
  cookie?.startsWith("-") === true
    ? refuse({
        code: "option-invalid",
        field: "cookie",
        detail:
          "the cluster's Erlang cookie begins with a hyphen, which Erlang reads as a flag; put another cookie into the cluster secret",
      })
    : ok(cookie);
