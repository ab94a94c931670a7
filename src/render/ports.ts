import { ok, type Result } from "../result.ts";
import { refuse, type Refusal } from "../refusal.ts";
import type { Port } from "./renderer.ts";

const LAST_PORT = 65535;

/** Erlang's port mapper, one for all nodes of a host: no offset moves it. It never speaks TLS. */
export const EPMD: Port = { name: "epmd", port: 4369, protocol: "tcp", peers: "cluster" };

/** Refuses with `port-out-of-range` when a port, offset included, is none. */
export const withinRange = (ports: readonly Port[]): Result<readonly Port[], Refusal> =>
  ports.every(({ port, lastPort = port }) => port > 0 && lastPort <= LAST_PORT)
    ? ok(ports)
    : refuse({
        code: "port-out-of-range",
        field: "portOffset",
        detail: "with this offset a port of the node would be above 65535; give a smaller portOffset",
      });

/** The offset that the caller chose, 0 when there was none. */
export const chosenOffset = (portOffset: number | null): Result<number, Refusal> => {
  const offset = portOffset ?? 0;
  return Number.isSafeInteger(offset) && offset >= 0
    ? ok(offset)
    : refuse({
        code: "option-invalid",
        field: "portOffset",
        detail: "portOffset must be a whole number, 0 or more",
      });
};

/** A range of distribution ports, as the product tells its firewall. */
export const distributionRange = (first: number, length: number): Port => ({
  name: "distribution",
  port: first,
  ...(length > 1 && { lastPort: first + length - 1 }),
  protocol: "tcp",
  peers: "cluster",
});
