import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { capability } from "../support/capability.ts";
import { rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import type { Machine } from "../support/machine.ts";
import { startMachines, type Machines } from "../support/machines.ts";
import { installBundle, requestBundle } from "../support/node-bundle.ts";
import { startRabbitmq, type RabbitmqServer } from "../support/rabbitmq.ts";
import { requireOrSkip } from "../support/requirements.ts";
import { startProcess, type RunningProcess } from "../support/running-process.ts";

/** The rendered proxies as they stand, in front of a real RabbitMQ that was started from its bundle. */
const ZONE = "nodes.example";
const HOST = `n1.${ZONE}`;
const NODE = `rabbit@${HOST}`;

const CERTIFICATES = `set -eu
mkdir -p /pki && cd /pki
ca() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" -keyout "$1.key" -out "$1.pem"; }
leaf() { # ca name extension
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" -keyout "$2.key" -out "$2.csr"
  printf '%s\\n' "$3" > "$2.ext"
  openssl x509 -req -in "$2.csr" -CA "$1.pem" -CAkey "$1.key" -CAcreateserial -days 1 -extfile "$2.ext" -out "$2.pem"
}
ca public-ca; ca devices-ca
leaf public-ca public "subjectAltName=DNS:${HOST}"
leaf devices-ca device "extendedKeyUsage=clientAuth"
mkdir -p /etc/haproxy/tls /etc/nginx/tls
cat public.pem public.key > /etc/haproxy/tls/public.pem
cp public.pem public.key /etc/nginx/tls/
cp devices-ca.pem /etc/haproxy/tls/clients.pem
cp devices-ca.pem /etc/nginx/tls/clients.pem
`;

/** MQTT 3.1.1 CONNECT with a user, and the return code of the CONNACK: 0 accepted, 4 or 5 refused by the broker. */
const connectPacket = (user: string, password: string): Buffer => {
  const text = (value: string): Buffer => Buffer.concat([Buffer.from([0, value.length]), Buffer.from(value)]);
  const body = Buffer.concat([
    text("MQTT"),
    Buffer.from([4, 0xc2, 0, 60]),
    text("c1"),
    text(user),
    text(password),
  ]);
  return Buffer.concat([Buffer.from([0x10, body.length]), body]);
};

const PROXIES = {
  HAProxy: {
    option: "proxy",
    install: "true",
    check: ["haproxy", "-c", "-f", "/etc/haproxy/haproxy.cfg", "-f", "/etc/haproxy/interlock.cfg"],
    // As Debian's unit, less the supervision.
    start: [
      "sh",
      "-c",
      "mkdir -p /run/haproxy && exec haproxy -db -f /etc/haproxy/haproxy.cfg -f /etc/haproxy/interlock.cfg",
    ],
  },
  nginx: {
    option: "nginx",
    install:
      "ln -s /etc/nginx/interlock-stream.conf /etc/nginx/modules-enabled/99-interlock-stream.conf; rm -f /etc/nginx/sites-enabled/default",
    check: ["nginx", "-t"],
    start: ["nginx", "-g", "daemon off;"],
  },
} as const;

requireOrSkip("proxies", () => capability("proxies")).each(Object.entries(PROXIES))(
  "%s in front of RabbitMQ",
  (_, proxy) => {
    let deployment: Deployment;
    let machines: Machines;
    let broker: Machine;
    let client: Machine;
    let server: RabbitmqServer;
    let edge: RunningProcess;
    beforeAll(async () => {
      deployment = await startDeployment({ definitions: { mq: rabbitDefinition(ZONE) } });
      machines = await startMachines([HOST, `n2.${ZONE}`]);
      [broker, client] = [machines.at(HOST), machines.at(`n2.${ZONE}`)];
      await installBundle(broker, await requestBundle(deployment, { cluster: "mq", node: NODE }));
      const query = `with=${proxy.option}&format=tar`;
      const config = await fetch(`${deployment.origin()}/v1/clusters/mq/nodes/${NODE}/config?${query}`);
      await broker.exec(["tar", "-xm", "-C", "/"], { stdin: new Uint8Array(await config.arrayBuffer()) });
      await broker.exec(["sh", "-c", CERTIFICATES]);
      for (const name of ["public-ca.pem", "device.pem", "device.key"]) {
        const content = await broker.exec(["cat", `/pki/${name}`]);
        await client.write({ path: `/pki/${name}`, mode: "0600", owner: "root", group: "root", content });
      }
      const plugins = "[rabbitmq_management,rabbitmq_mqtt].\n";
      const path = "/etc/rabbitmq/enabled_plugins";
      await broker.write({ path, mode: "0644", owner: "rabbitmq", group: "rabbitmq", content: plugins });
      server = await startRabbitmq(broker);
      await server.ctl("add_user", "device-1", "secret");
      await server.ctl("set_permissions", "device-1", ".*", ".*", ".*");
      await broker.exec(["sh", "-c", proxy.install]);
      edge = startProcess([...broker.enter(), ...proxy.start]);
      await listening(broker, 15671);
    });
    afterAll(async () => {
      await edge.end();
      await machines[Symbol.asyncDispose]();
      await deployment[Symbol.asyncDispose]();
    });

    const openssl = (port: number, args: readonly string[], stdin: Uint8Array = new Uint8Array()) =>
      client.attempt(
        [
          "sh",
          "-c",
          // The input stays open for a moment, so that the broker's answer arrives before we leave.
          `(cat; sleep 2) | openssl s_client -quiet -no_ign_eof -verify_return_error -CAfile /pki/public-ca.pem -connect ${HOST}:${String(port)} "$@" 2>/dev/null | od -An -tx1`,
          "sh",
          ...args,
        ],
        { stdin },
      );
    const mqtt = async (user: string, args: readonly string[]): Promise<string> =>
      (await openssl(8883, args, connectPacket(user, user === "guest" ? "guest" : "secret"))).stdout.trim();
    const DEVICE = ["-cert", "/pki/device.pem", "-key", "/pki/device.key"];

    it("is a configuration that the proxy itself finds good", async () => {
      await broker.exec(proxy.check);
    });
    it("shows the management page to a browser without a certificate", async () => {
      const page = await client.exec([
        "curl",
        "-sS",
        "--fail",
        "--cacert",
        "/pki/public-ca.pem",
        `https://${HOST}:15671/`,
      ]);
      expect(page).toContain("RabbitMQ Management");
    });
    it("lets a device with a certificate speak MQTT, and none without", async () => {
      expect(await mqtt("device-1", DEVICE)).toBe("20 02 00 00");
      expect(await mqtt("device-1", [])).toBe("");
    });
    it("takes no node's certificate for a device's: the cluster's CA is trusted for neither", async () => {
      const stolen = await requestBundle(deployment, { cluster: "mq", node: `rabbit@n2.${ZONE}` });
      await installBundle(client, stolen);
      const node = ["-cert", "/etc/rabbitmq/tls/node.pem", "-key", "/etc/rabbitmq/tls/node_key.pem"];
      expect(await mqtt("device-1", node)).toBe("");
      const trusting = await client.attempt([
        "curl",
        "-sS",
        "--cacert",
        "/etc/rabbitmq/tls/ca.pem",
        `https://${HOST}:15671/`,
      ]);
      expect(trusting.code).toBe(60);
    });
    it("tells the broker where a client is", async () => {
      await mqtt("device-1", DEVICE);
      expect(await server.log()).toMatch(new RegExp(`MQTT connection .*${client.address}:`));
    });
    it("does not make guest a local user, once guest is deleted as the warning says", async () => {
      await server.ctl("delete_user", "guest");
      expect(await mqtt("guest", DEVICE)).toMatch(/^20 02 00 0[45]$/);
    });
    it("leaves the broker's plain listeners to the node itself", async () => {
      for (const port of [5672, 1883, 15672])
        expect(
          (await client.attempt(["curl", "-sS", "-m", "2", `http://${HOST}:${String(port)}/`])).code,
        ).toBe(7);
    });
    it("leaves TLS between nodes as it was: rabbitmqctl of another node is let in", async () => {
      expect(await server.eval("node()")).toBe(`'${NODE}'`);
      const listeners = await server.ctl("status", "--formatter", "json");
      expect(listeners).toContain('"port":25672');
    });
  },
);

const listening = async (machine: Machine, port: number): Promise<void> => {
  for (let tries = 0; tries < 100; tries++) {
    const { code } = await machine.attempt(["sh", "-c", `ss -Hltn "sport = :${String(port)}" | grep -q .`]);
    if (code === 0) return;
    await sleep(100);
  }
  throw new Error(`nothing listens on ${String(port)}`);
};
