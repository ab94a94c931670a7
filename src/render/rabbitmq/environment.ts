import type { NodeName } from "../../node/node-name.ts";
import { protocolFlags, separateTlsFlags } from "../distribution/flags.ts";
import type { DistributionTls } from "../distribution/tls.ts";
import { cmdFile, cmdSet } from "../text/cmd.ts";
import { erlFlag, flagWords, type ErlFlag } from "../text/erl-flag.ts";
import { shellAssignment, shellCopy } from "../text/shell.ts";
import { BUILT_IN, type NodePorts } from "./ports.ts";

/** A variable of RabbitMQ's environment file. The scripts expand it unquoted, so it is rows of words. */
interface Variable {
  readonly name: string;
  readonly rows: readonly (readonly string[])[];
}

/** Everything that makes a node this node, its server flags apart. */
const identity = (node: NodeName, ports: NodePorts): readonly Variable[] => [
  { name: "NODENAME", rows: [[node.text]] },
  ...(node.long ? [{ name: "USE_LONGNAME", rows: [["true"]] }] : []),
  ...(isBuiltIn(ports) ? [] : portVariables(ports)),
];

const isBuiltIn = (ports: NodePorts): boolean =>
  ports.amqp === BUILT_IN.amqp && ports.distribution === BUILT_IN.distribution;

/** All or none: what is left out RabbitMQ derives from the others, by rules of its own. */
const portVariables = ({ amqp, distribution, tools }: NodePorts): readonly Variable[] => [
  { name: "NODE_PORT", rows: [[String(amqp)]] },
  { name: "DIST_PORT", rows: [[String(distribution)]] },
  { name: "CTL_DIST_PORT_MIN", rows: [[String(tools)]] },
];

const tlsFlags = (tls: DistributionTls): readonly ErlFlag[] =>
  tls.optionFile === null
    ? [
        ...separateTlsFlags(tls),
        // In RabbitMQ's guide; the default anyway, and harmless where 1.2 is possible (`erlang.md` §1).
        erlFlag("ssl_dist_opt", ["server_secure_renegotiate", "true"]),
        erlFlag("ssl_dist_opt", ["client_secure_renegotiate", "true"]),
      ]
    : [];

/** The protocol and the option file fit on one line; flags have a line each. */
const argumentRows = (tls: DistributionTls): readonly (readonly string[])[] => [
  protocolFlags(tls).flatMap(flagWords),
  ...tlsFlags(tls).map(flagWords),
];

/** `rabbitmq-env.conf`, which a shell reads for the server and for each command line tool (`erlang.md` §14.1, §14.2). */
export const environmentFile = (node: NodeName, ports: NodePorts, tls: DistributionTls): string => {
  const rows = argumentRows(tls);
  return [
    `# TLS between the cluster nodes, for ${node.text}. Server and command line tools use the same settings.`,
    "# No blank in a path: the values are split where they are used.",
    ...(tls.optionFile === null
      ? ["# One pair per -ssl_dist_opt: RabbitMQ does not boot with longer groups."]
      : []),
    ...identity(node, ports).map(({ name, rows }) => shellAssignment(name, rows)),
    shellAssignment("SERVER_ADDITIONAL_ERL_ARGS", rows),
    tls.optionFile === null
      ? shellCopy("RABBITMQ_CTL_ERL_ARGS", "SERVER_ADDITIONAL_ERL_ARGS")
      : shellAssignment("RABBITMQ_CTL_ERL_ARGS", rows),
    "",
  ].join("\n");
};

/** `rabbitmq-env-conf.bat`, which the Windows scripts call (`erlang.md` §14.3). */
export const environmentBatch = (node: NodeName, ports: NodePorts, tls: DistributionTls): string => {
  const rows = [...protocolFlags(tls), ...tlsFlags(tls)].map(flagWords);
  return cmdFile([
    "@echo off",
    `rem TLS between the cluster nodes, for ${node.text}. Server and command line tools use the same settings.`,
    "rem After a change, as a service: rabbitmq-service.bat remove, then install.",
    ...identity(node, ports).map(({ name, rows }) => cmdSet(name, rows)),
    cmdSet("SERVER_ADDITIONAL_ERL_ARGS", rows),
    cmdSet("CTL_ERL_ARGS", rows),
  ]);
};
