import { afterAll, beforeAll, expect, it } from "vitest";
import { capability } from "../support/capability.ts";
import { rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import type { Machine } from "../support/machine.ts";
import { startMachines, type Machines } from "../support/machines.ts";
import { requireOrSkip } from "../support/requirements.ts";
import { startProcess, type RunningProcess } from "../support/running-process.ts";

/** The rendered nftables rules in a real kernel: who reaches what, from which machine. */
const ZONE = "nodes.example";
const [NODE, PEER, STRANGER] = [`n1.${ZONE}`, `n2.${ZONE}`, `n3.${ZONE}`];
const EPMD = 4369;
const DISTRIBUTION = 25672;
const TOOLS = 35672;
const AMQP = 5672;

requireOrSkip("firewalls", () => capability("firewalls"))("the firewall of a RabbitMQ node", () => {
  let deployment: Deployment;
  let machines: Machines;
  let node: Machine;
  const listeners: RunningProcess[] = [];

  beforeAll(async () => {
    deployment = await startDeployment({ definitions: { mq: rabbitDefinition(ZONE) } });
    machines = await startMachines([NODE, PEER, STRANGER]);
    node = machines.at(NODE);
    const peers = machines.at(PEER).address;
    const config = await fetch(
      `${deployment.origin()}/v1/clusters/mq/nodes/rabbit@${NODE}/config?with=firewall&peers=${peers}&format=tar`,
    );
    await node.exec(["tar", "-xm", "-C", "/"], { stdin: new Uint8Array(await config.arrayBuffer()) });
    for (const port of [EPMD, DISTRIBUTION, TOOLS, AMQP])
      listeners.push(startProcess([...node.enter(), "busybox", "httpd", "-f", "-p", String(port)]));
    await node.exec(["nft", "-f", "/etc/interlock/firewall.nft"]);
  });
  afterAll(async () => {
    await machines[Symbol.asyncDispose]();
    await Promise.all(listeners.map((listener) => listener.end()));
    await deployment[Symbol.asyncDispose]();
  });

  const reaches = async (host: string, port: number): Promise<boolean> => {
    const url = `http://${node.address}:${String(port)}/`;
    const { code } = await machines.at(host).attempt(["curl", "-s", "-m", "1", "-o", "/dev/null", url]);
    return code === 0;
  };

  it.each([
    ["a peer", PEER, { [EPMD]: true, [DISTRIBUTION]: true, [TOOLS]: false, [AMQP]: true }],
    ["a stranger", STRANGER, { [EPMD]: false, [DISTRIBUTION]: false, [TOOLS]: false, [AMQP]: true }],
    ["the node itself", NODE, { [EPMD]: true, [DISTRIBUTION]: true, [TOOLS]: true, [AMQP]: true }],
  ])("lets %s to what is its own", async (_, host, expected) => {
    const ports = Object.keys(expected);
    const seen = await Promise.all(ports.map((port) => reaches(host, Number(port))));
    expect(Object.fromEntries(ports.map((port, i) => [port, seen[i]]))).toEqual(expected);
  });

  it("is the same after a second run", async () => {
    const rules = (): Promise<string> => node.exec(["nft", "list", "ruleset"]);
    const before = await rules();
    await node.exec(["nft", "-f", "/etc/interlock/firewall.nft"]);
    expect(await rules()).toBe(before);
  });
});
