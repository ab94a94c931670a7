import type { Result } from "../../result.ts";
import type { Refusal } from "../../refusal.ts";
import type { RabbitmqSettings } from "../../policy/render-settings.ts";
import { EPMD, withinRange } from "../ports.ts";
import type { Port } from "../renderer.ts";

/** The ports that one node is told about. */
export interface NodePorts {
  readonly amqp: number;
  readonly distribution: number;
  /** First of eleven, one for each command line tool that runs at a time. */
  readonly tools: number;
}

/** What RabbitMQ does when it is told nothing. */
export const BUILT_IN: NodePorts = { amqp: 5672, distribution: 25672, tools: 35672 };

export const nodePorts = ({ ports }: RabbitmqSettings, offset: number): NodePorts => ({
  amqp: ports.amqp + offset,
  distribution: ports.distribution + offset,
  tools: ports.distribution + 10_000 + offset,
});

/** Stream replicas take the first free port of theirs, so nodes of one host share the range (`osiris`). */
const STREAMS: Port = {
  name: "stream-replication",
  port: 6000,
  lastPort: 6500,
  protocol: "tcp",
  peers: "cluster",
};

export const listPorts = ({ amqp, distribution, tools }: NodePorts): Result<readonly Port[], Refusal> =>
  withinRange([
    EPMD,
    { name: "distribution", port: distribution, protocol: "tcp", peers: "cluster" },
    STREAMS,
    { name: "tools", port: tools, lastPort: tools + 10, protocol: "tcp", peers: "tools" },
    { name: "amqp", port: amqp, protocol: "tcp", peers: "clients" },
  ]);
