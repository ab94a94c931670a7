import { ok, type Result } from "../../result.ts";
import { refuse, type Refusal } from "../../refusal.ts";
import type { NodeName } from "../../node/node-name.ts";

export interface EmqxOffset {
  readonly offset: number;
  /** The number was above 59999, so another, lower name has the same ports. */
  readonly wraps: boolean;
}

/** `ekka_dist` and `gen_rpc`: the number at the end of the name, modulo this. */
const MODULUS = 60_000n;

/**
 * EMQX derives a node's ports from its name (`erlang.md` §8). Refuses with `offset-conflict` an offset that says otherwise, and
 * with `malformed-request` names of remote shells, which never listen where the rule says.
 */
export const emqxOffset = ({ name }: NodeName, given: number | null): Result<EmqxOffset, Refusal> => {
  if (name.startsWith("remsh")) {
    return refuse({
      code: "malformed-request",
      field: "node",
      detail:
        "EMQX keeps names that begin with remsh for remote shells, which listen on no port of a node; give the node another name",
    });
  }
  const number = BigInt(/[0-9]+$/.exec(name)?.[0] ?? "0");
  const offset = Number(number % MODULUS);
  if (given !== null && given !== offset) {
    return refuse({
      code: "offset-conflict",
      field: "portOffset",
      detail:
        "EMQX takes the port offset from the number at the end of the node's name; leave portOffset out or rename the node",
    });
  }
  return ok({ offset, wraps: number >= MODULUS });
};
