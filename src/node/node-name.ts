import { err, ok, type Result } from "../result.ts";
import type { Refusal } from "../refusal.ts";
import { parseHost, type Host } from "./host.ts";

/** A full Erlang node name, `name@host`, parsed once. Holding one means that it is safe to print in every format. */
export interface NodeName {
  readonly text: string;
  /** Left of `@`. */
  readonly name: string;
  /** Right of `@`: what a connecting peer compares with the certificate. */
  readonly host: Host;
  /** Erlang's `-name` (a dot in the host, or an address) as opposed to `-sname`. */
  readonly long: boolean;
}

/** An atom has at most 255 characters (Erlang efficiency guide, system limits). */
const MAX_NODE_NAME_LENGTH = 255;
/** What net_kernel accepts left of `@`, less the upper case and without a leading `-`, which reads as a flag. */
const NAME = /^[a-z0-9_][a-z0-9_-]*$/;

export const parseNodeName = (text: string): Result<NodeName, Refusal> => {
  const at = text.indexOf("@");
  const name = text.slice(0, Math.max(at, 0));
  if (text.length > MAX_NODE_NAME_LENGTH || !NAME.test(name)) return malformedNode();
  const host = parseHost(text.slice(at + 1));
  if (host === null) return malformedNode();
  return ok({ text, name, host, long: host.kind === "ip" || host.labels.length > 1 });
};

const malformedNode = (): Result<never, Refusal> =>
  err({
    code: "malformed-request",
    detail:
      "the node name must be name@host in lower case: letters, digits, _ and - before the @; a host name of LDH labels or an IP address after it; 255 characters at most",
  });
