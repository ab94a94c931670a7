import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { capability } from "../support/capability.ts";
import { rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import { verifiedPeer } from "../support/distribution.ts";
import type { Machine } from "../support/machine.ts";
import { startMachines, type Machines } from "../support/machines.ts";
import { installBundle, requestBundle, type BundleWish, type NodeBundle } from "../support/node-bundle.ts";
import {
  clusterMembers,
  declareStream,
  joinCluster,
  serverLinks,
  startRabbitmq,
  streamReplicas,
  type RabbitmqServer,
} from "../support/rabbitmq.ts";
import { requireOrSkip } from "../support/requirements.ts";
import { makeClusterSecret } from "../support/test-ca.ts";

/** Brokers as their package starts them, each on the files of its bundle: name, cookie, ports, and TLS of server and tools. */
const describeServers = requireOrSkip("rabbitmq-servers", () => capability("rabbitmq-servers"));

const ZONE = "nodes.example";
const [ONE, TWO] = [`mq1.${ZONE}`, `mq2.${ZONE}`];
const SECRET = "interlock/rabbit";
const SECOND_FOLDER = "/etc/rabbitmq-second";

const rabbit = (render: object) =>
  rabbitDefinition(ZONE, { ca: { secret: SECRET, sharedCa: true }, render: { cookie: true, ...render } });
/** The second broker of a host has folders of its own, which a definition decides; to Erlang the two are one cluster. */
const DEFINITIONS = { rabbit: rabbit({}), second: rabbit({ configDir: SECOND_FOLDER }) };

describeServers("RabbitMQ", () => {
  let deployment: Deployment;
  beforeAll(async () => {
    const secret = { ...(await makeClusterSecret()), cookie: "from-the-cluster-secret" };
    deployment = await startDeployment({ definitions: DEFINITIONS, secrets: { [SECRET]: secret } });
  });
  afterAll(() => deployment[Symbol.asyncDispose]());

  const install = async (machine: Machine, wish: BundleWish): Promise<NodeBundle> => {
    const bundle = await requestBundle(deployment, wish);
    await installBundle(machine, bundle);
    return bundle;
  };

  describe.each([
    ["an option file", "strategy=optfile"],
    ["flags", "strategy=flags"],
    ["flags, and the key in the certificate's file,", "strategy=flags&combined=true"],
  ])("with %s", (_what, options) => {
    let machines: Machines;
    let one: RabbitmqServer;
    let two: RabbitmqServer;
    beforeAll(async () => {
      machines = await startMachines([ONE, TWO]);
      const start = async (host: string): Promise<RabbitmqServer> => {
        await install(machines.at(host), { cluster: "rabbit", node: `rabbit@${host}`, options });
        return startRabbitmq(machines.at(host), { cookie: null });
      };
      [one, two] = await Promise.all([start(ONE), start(TWO)]);
    });
    afterAll(() => machines[Symbol.asyncDispose]());

    it("forms a cluster, as rabbitmqctl cluster_status says on both nodes", async () => {
      await joinCluster(two, one);
      expect(await clusterMembers(one)).toEqual([`rabbit@${ONE}`, `rabbit@${TWO}`]);
      expect(await clusterMembers(two)).toEqual([`rabbit@${ONE}`, `rabbit@${TWO}`]);
    });

    it("verifies the certificate behind every link, rabbitmqctl's own too", async () => {
      const links = await serverLinks(one);
      expect(links.map(({ peer }) => peer)).toEqual(
        expect.arrayContaining([two.name, expect.stringContaining("rabbitmqcli")]),
      );
      expect(links.filter((link) => !verifiedPeer(link))).toEqual([]);
    });

    it("refuses a rabbitmqctl without TLS, though it has the cookie", async () => {
      const argv = ["rabbitmqctl", "--longnames", "--node", one.name, "cluster_status"];
      const plain = await one.machine.attempt(argv, { env: { RABBITMQ_CONF_ENV_FILE: "/dev/null" } });
      // EX_UNAVAILABLE, and not for want of a server.
      expect(plain.code).toBe(69);
      expect(plain.stderr).toContain("TCP connection succeeded but Erlang distribution failed");
    });

    it("gives a stream a replica on every node, and replicates over TLS", async () => {
      await declareStream(one, "orders");
      expect(await streamReplicas(two, "orders", 2)).toEqual([`rabbit@${ONE}`, `rabbit@${TWO}`]);
      // What RabbitMQ leaves at tcp when it cannot make sense of the distribution's settings (`erlang.md` §7).
      const transports = `[erpc:call(N, application, get_env, [osiris, replication_transport]) || N <- [node() | nodes()]]`;
      expect(await one.eval(transports)).toBe("[{ok,ssl},{ok,ssl}]");
    });
  });

  it("runs twice on one host with a port offset, as a cluster of two", async () => {
    await using machines = await startMachines([ONE]);
    const machine = machines.at(ONE);
    await install(machine, { cluster: "rabbit", node: `rabbit@${ONE}` });
    const { ports } = await install(machine, {
      cluster: "second",
      node: `rabbit2@${ONE}`,
      options: "portOffset=1",
    });
    const first = await startRabbitmq(machine, { cookie: null });
    const env = { RABBITMQ_CONF_ENV_FILE: `${SECOND_FOLDER}/rabbitmq-env.conf` };
    const second = await startRabbitmq(machine, { cookie: null, env });
    await joinCluster(second, first);
    expect(await clusterMembers(first)).toEqual([`rabbit2@${ONE}`, `rabbit@${ONE}`]);
    expect((await serverLinks(second)).filter((link) => !verifiedPeer(link))).toEqual([]);

    const listening = await second.eval("[element(6, L) || L <- rabbit_networking:node_listeners(node())]");
    const portOf = (name: string) => ports.find((port) => port.name === name)?.port;
    expect([portOf("distribution"), portOf("amqp")]).toEqual([25_673, 5673]);
    expect(new Set(JSON.parse(listening) as number[])).toEqual(new Set([25_673, 5673]));
  });
});
