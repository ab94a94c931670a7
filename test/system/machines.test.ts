import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openRoute } from "../support/api-route.ts";
import { capability } from "../support/capability.ts";
import { connects } from "../support/distribution.ts";
import { startErlangNode, type ErlangNode } from "../support/erlang-node.ts";
import { listen } from "../support/issuer.ts";
import { signLeaf, type Leaf } from "../support/leaf.ts";
import { machineIn, type Machine, type MachineFile } from "../support/machine.ts";
import { startMachines, type Machines } from "../support/machines.ts";
import { openNamespace } from "../support/namespace.ts";
import { requireOrSkip } from "../support/requirements.ts";
import { startProcess } from "../support/running-process.ts";
import { makeClusterSecret, type ClusterSecret } from "../support/test-ca.ts";
import { filesWith } from "../support/written-files.ts";

/** The proof of the instruments: what the Erlang and RabbitMQ suites conclude is worth what these tests are. */
const describeMachines = requireOrSkip("erlang-nodes", () => capability("erlang-nodes"));

const [ONE, TWO] = ["h1.nodes.example", "h2.nodes.example"];
const OPTION_FILE = "/etc/interlock-test/tls.config";
const TLS = ["-proto_dist", "inet_tls", "-ssl_dist_optfile", OPTION_FILE];

const file = (path: string, content: string, mode = "0644"): MachineFile => ({
  path,
  content,
  mode,
  owner: "root",
  group: "root",
});

/** The text of `erlang.md` §14.1; `verify` is there to be got wrong. */
const optionFile = (verify: "verify_peer" | "verify_none"): string => {
  const tls = ["ca", "node", "key"].map((name) => `"/etc/interlock-test/${name}.pem"`);
  const common = `{cacertfile, ${tls[0]}}, {certfile, ${tls[1]}}, {keyfile, ${tls[2]}}, {versions, ['tlsv1.3', 'tlsv1.2']}`;
  const server = `{server, [${common}, {verify, ${verify}}, {fail_if_no_peer_cert, ${verify === "verify_peer"}}]}`;
  return `[${server}, {client, [${common}, {verify, verify_peer}]}].\n`;
};

const equip = async (
  machine: Machine,
  leaf: Leaf,
  verify: "verify_peer" | "verify_none" = "verify_peer",
): Promise<void> => {
  await machine.write(file("/etc/interlock-test/ca.pem", leaf.trustPem));
  await machine.write(file("/etc/interlock-test/node.pem", leaf.chainPem));
  await machine.write(file("/etc/interlock-test/key.pem", leaf.privateKeyPem, "0600"));
  await machine.write(file(OPTION_FILE, optionFile(verify)));
};

describeMachines("machines", () => {
  let machines: Machines;
  let one: Machine;
  let two: Machine;
  beforeAll(async () => {
    machines = await startMachines([ONE, TWO, "192.168.0.11"]);
    [one, two] = [machines.at(ONE), machines.at(TWO)];
  });
  afterAll(() => machines[Symbol.asyncDispose]());

  it("have a bare host name, and know each other's hosts", async () => {
    expect(await one.exec(["hostname"])).toBe("h1\n");
    expect(await one.exec(["getent", "hosts", TWO])).toContain(two.address);
    expect(machines.at("192.168.0.11").address).toBe("192.168.0.11");
  });

  it("write to a root of their own", async () => {
    await one.write(file("/etc/interlock-test/mark", "one"));
    expect(await one.exec(["cat", "/etc/interlock-test/mark"])).toBe("one");
    expect((await two.attempt(["cat", "/etc/interlock-test/mark"])).code).toBe(1);
    expect(existsSync("/etc/interlock-test")).toBe(false);
  });

  it("know what they wrote from what they found", async () => {
    const text = `written in a test ${process.pid}`;
    await one.write(file("/var/lib/interlock-test/mark", `before\n${text}\n`));
    expect(await filesWith(one, text)).toEqual(["/var/lib/interlock-test/mark"]);
    expect(await filesWith(two, text)).toEqual([]);
    expect((await one.exec(["cat", "/etc/passwd"])).startsWith("root:x:0:0")).toBe(true);
    expect(await filesWith(one, "root:x:0:0")).toEqual([]);
  });

  it("are not to be had on the real root", async () => {
    // A namespace of its own, but for its root.
    const namespace = await openNamespace("network.sh");
    await expect(machineIn(namespace, { host: ONE, address: "127.0.0.1" })).rejects.toThrow("exit 1");
    await namespace.close();
  });

  it("reach an origin of ours by a route and no other way", async () => {
    await using origin = await listen((_, response) => response.end("here"));
    const { port } = new URL(origin.origin);
    const script = `exec 3<>/dev/tcp/127.0.0.1/$0 && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3`;
    const get = (machine: Machine) => machine.attempt(["bash", "-c", script, port]);
    expect((await get(one)).code).toBe(1);
    const route = await openRoute(one, origin.origin);
    expect((await get(one)).stdout).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*here$/);
    expect((await get(two)).code).toBe(1);
    route[Symbol.dispose]();
    expect((await get(one)).code).toBe(1);
  });

  it("install a tar as a node does: owners and modes as archived, times fresh, the key apart", async () => {
    await one.write({
      ...file("/etc/install-test/settings", "old"),
      mode: "0640",
      owner: "daemon",
      group: "mail",
    });
    await one.exec(["touch", "-d", "2001-01-01", "/etc/install-test/settings"]);
    const tar = Buffer.from(await one.exec(["tar", "-c", "-C", "/", "etc/install-test/settings"]));
    await two.install(tar, { ...file("/etc/install-test/node.key", "secret", "0600"), owner: "daemon" });
    expect(
      await two.exec(["stat", "-c", "%a %U:%G", "/etc/install-test/settings", "/etc/install-test/node.key"]),
    ).toBe("640 daemon:mail\n600 daemon:root\n");
    const modified = Number(await two.exec(["stat", "-c", "%Y", "/etc/install-test/settings"]));
    expect(Math.abs(modified - Date.now() / 1000)).toBeLessThan(60);
  });

  it("run a program as the user that it is for, and report one that does not end", async () => {
    expect(await one.exec(["id", "-un"], { user: "daemon" })).toBe("daemon\n");
    await expect(one.exec(["sleep", "60"], { timeout: 200 })).rejects.toThrow("no end within 200 ms");
  });

  it("end with a test runner that is killed", async () => {
    const runner = `
      import { startMachines } from ${JSON.stringify(join(import.meta.dirname, "../support/machines.ts"))};
      const machine = (await startMachines(["h9"])).at("h9");
      console.log(machine.enter().join(" "));
      process.stdin.once("data", () => process.kill(process.pid, "SIGKILL"));
    `;
    const killed = startProcess([process.execPath, "--input-type=module", "--eval", runner]);
    const init = await killed.hear((line) => /--target (\d+)/.exec(line)?.[1] ?? null, 20_000);
    expect(existsSync(`/proc/${init}`)).toBe(true);
    killed.say("die");
    for (let tries = 0; tries < 50 && existsSync(`/proc/${init}`); tries++) await sleep(100);
    expect(existsSync(`/proc/${init}`)).toBe(false);
  });

  describeMachines("and the Erlang nodes on them", () => {
    let ca: ClusterSecret;
    const nodes: ErlangNode[] = [];
    const start = async (machine: Machine, args: readonly string[]): Promise<ErlangNode> => {
      const node = await startErlangNode(machine, {
        args: ["-name", `n${nodes.length}@${machine.host}`, ...args],
      });
      nodes.push(node);
      return node;
    };
    const startBoth = async (args = TLS): Promise<[ErlangNode, ErlangNode]> => [
      await start(one, args),
      await start(two, args),
    ];
    beforeAll(async () => {
      ca = await makeClusterSecret();
    });
    afterAll(() => Promise.all(nodes.map((node) => node.stop())));

    it("count as connected over mutual TLS, either way round", async () => {
      await equip(one, await signLeaf(ca, [{ type: "dns", value: ONE }]));
      await equip(two, await signLeaf(ca, [{ type: "dns", value: TWO }]));
      const [a, b] = await startBoth();
      expect(await connects(a, b)).toMatchObject({ connected: true, tls: "tlsv1.3" });
      expect(await connects(b, a)).toMatchObject({ connected: true, tls: "tlsv1.3" });
    });

    it("are a fault where the link is plain TCP", async () => {
      const [a, b] = await startBoth([]);
      await expect(connects(a, b)).rejects.toThrow("not mutual TLS");
    });

    it("are a fault where one side does not verify the other", async () => {
      await equip(two, await signLeaf(ca, [{ type: "dns", value: TWO }]), "verify_none");
      const [a, b] = await startBoth();
      await expect(connects(a, b)).rejects.toThrow("not mutual TLS");
      expect(await connects(b, a)).toMatchObject({ connected: true });
    });

    it("are refused with the reason in the log where the certificate is another host's", async () => {
      await equip(two, await signLeaf(ca, [{ type: "dns", value: "mq.svc" }]));
      const refused = await connects(...(await startBoth()));
      expect(refused.connected).toBe(false);
      expect(refused.log).toContain("hostname_check_failed");
    });

    it("do not boot, and say why, where a file of theirs is absent", async () => {
      await expect(start(one, ["-proto_dist", "inet_tls", "-ssl_dist_optfile", "/absent"])).rejects.toThrow(
        "bad_ssl_dist_optfile",
      );
    });
  });
});
