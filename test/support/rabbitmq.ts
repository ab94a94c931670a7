import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { parseLinks, type LinkEnd } from "./distribution.ts";
import { installNodeControl, LOAD_NODE_CONTROL } from "./erlang-node.ts";
import type { Machine } from "./machine.ts";
import type { Outcome } from "./process.ts";
import { startProcess } from "./running-process.ts";

/** A RabbitMQ server of the distribution's package, with its own settings files. */
export interface RabbitmqServer {
  readonly machine: Machine;
  /** What `node()` says. */
  readonly name: string;
  /** Runs `rabbitmqctl` as an administrator does, as root and with nothing but the settings files. */
  readonly ctl: (...args: readonly string[]) => Promise<string>;
  /** The same, where the exit code is part of the test. */
  readonly attemptCtl: (...args: readonly string[]) => Promise<Outcome>;
  /** `rabbitmqctl eval`. */
  readonly eval: (expressions: string) => Promise<string>;
  /** Everything in its log directory. */
  readonly log: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

export interface RabbitmqOptions {
  /** For server and command line tools alike: a drop-in of the service, such as `RABBITMQ_USE_LONGNAME`. */
  readonly env?: Readonly<Record<string, string>>;
  /** `null` where the bundle brings it. */
  readonly cookie?: string | null;
}

const BOOT_TIMEOUT = 60_000;
const HOME = "/var/lib/rabbitmq";
/** What the package's unit file says: user, working directory, umask and `ExecStart`. */
const EXEC_START = `cd ${HOME} && umask 0027 && exec /usr/lib/rabbitmq/bin/rabbitmq-server`;

/** Starts the server and waits for its broker; rejects with the server's own words if it does not boot. */
export const startRabbitmq = async (
  machine: Machine,
  options: RabbitmqOptions = {},
): Promise<RabbitmqServer> => {
  const { env = {}, cookie = "interlock-test" } = options;
  const path = `${HOME}/.erlang.cookie`;
  const ours = { owner: "rabbitmq", group: "rabbitmq" };
  if (cookie !== null) await machine.write({ ...ours, path, mode: "0400", content: cookie });
  await installNodeControl(machine);
  const service = machine.enter({ user: "rabbitmq", env: { HOME, ...env } });
  const server = startProcess([...service, "sh", "-c", EXEC_START]);
  await server.hear((line) => (/completed with \d+ plugins/.test(line) ? true : null), BOOT_TIMEOUT);

  const ctl: RabbitmqServer["ctl"] = (...args) => machine.exec(["rabbitmqctl", "--quiet", ...args], { env });
  const evaluate: RabbitmqServer["eval"] = async (expressions) =>
    (await ctl("eval", `${expressions}.`)).trim();
  return {
    machine,
    name: (await evaluate("node()")).replaceAll("'", ""),
    ctl,
    attemptCtl: (...args) => machine.attempt(["rabbitmqctl", "--quiet", ...args], { env }),
    eval: evaluate,
    log: () => machine.exec(["sh", "-c", "cat /var/log/rabbitmq/*"]),
    stop: async () => {
      await ctl("stop");
      await server.end();
    },
  };
};

/** Makes the server a member of the cluster of `seed`, as the clustering guide says. */
export const joinCluster = async (server: RabbitmqServer, seed: RabbitmqServer): Promise<void> => {
  await server.ctl("stop_app");
  await server.ctl("join_cluster", seed.name);
  await server.ctl("start_app");
};

const ClusterStatus = z.object({ running_nodes: z.array(z.string()) });

/** The running nodes of the cluster, sorted. */
export const clusterMembers = async (server: RabbitmqServer): Promise<readonly string[]> => {
  const status: unknown = JSON.parse(await server.ctl("cluster_status", "--formatter", "json"));
  return ClusterStatus.parse(status).running_nodes.toSorted();
};

/** What the server knows about its distribution links, those of command line tools included. */
export const serverLinks = async (server: RabbitmqServer): Promise<readonly LinkEnd[]> => {
  const printed = await server.eval(`${LOAD_NODE_CONTROL}, base64:encode(M:links())`);
  return parseLinks(Buffer.from(printed.replace(/^<<"(.*)">>$/s, "$1"), "base64").toString());
};

/** Declares a stream, by default with a replica on every node (three at most). */
export const declareStream = async (server: RabbitmqServer, name: string): Promise<void> => {
  const resource = `rabbit_misc:r(<<"/">>, queue, <<"${name}">>)`;
  const type = `[{<<"x-queue-type">>, longstr, <<"stream">>}]`;
  await server.eval(
    `{new, _} = rabbit_amqqueue:declare(${resource}, true, false, ${type}, none, <<"interlock">>)`,
  );
};

const Queues = z.array(z.object({ name: z.string(), online: z.array(z.string()) }));
const REPLICA_TRIES = 10;

/** The nodes that hold a live replica of the stream, sorted: as soon as they are `expected`, and after ten seconds at the latest. */
export const streamReplicas = async (
  server: RabbitmqServer,
  name: string,
  expected: number,
): Promise<readonly string[]> => {
  for (let tries = 1; ; tries++) {
    const queues = Queues.parse(
      JSON.parse(await server.ctl("list_queues", "name", "online", "--formatter", "json")),
    );
    const online = queues.find((queue) => queue.name === name)?.online ?? [];
    if (online.length >= expected || tries === REPLICA_TRIES) return online.toSorted();
    await sleep(500);
  }
};
