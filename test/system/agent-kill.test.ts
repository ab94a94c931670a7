import { afterAll, beforeAll, expect, it } from "vitest";
import { configure, startAgentMachine, STATE, type AgentMachine } from "../support/agent.ts";
import { capability } from "../support/capability.ts";
import { rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import { requireOrSkip } from "../support/requirements.ts";

/**
 * SIGKILL before every single step that changes something on the node. What is then on its disk is a working set, the old or
 * the new one, or none that the product would look at; and the next run finishes what was begun.
 */
const HOST = "mq-1.nodes.example.internal";
const NODE = `rabbit@${HOST}`;
const TLS = "/etc/rabbitmq/tls";

/** Every program that changes files, in a version that counts its calls and kills the agent before the one that is to be its last. */
const MINES = `
mkdir -p /mines
for program in mv cp rm mkdir chmod chown touch ln sync cat openssl curl; do
  cat >/mines/$program <<EOF
#!/bin/sh
PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin
calls=\\$((\\$(cat /mines/calls) + 1))
echo \\$calls >/mines/calls
if [ \\$calls = \\$(cat /mines/last) ]; then
  kill -9 \\$(cat /mines/agent)
  exit 1
fi
exec $program "\\$@"
EOF
  chmod 755 /mines/$program
done
`;

/** Fails unless the files that the product would read belong together: nothing named that is not there, key and certificate a pair. */
const WORKS = `
if ! grep -q inet_tls /etc/rabbitmq/rabbitmq-env.conf 2>/dev/null; then echo none; exit; fi
test "$(grep -c 'interlock$' /etc/rabbitmq/rabbitmq-env.conf)" = 2
tail -c 3 /etc/rabbitmq/inter_node_tls.config | grep -q ']\\.'
openssl verify -CAfile ${TLS}/ca.pem -untrusted ${TLS}/node.pem ${TLS}/node.pem >/dev/null
test "$(openssl x509 -in ${TLS}/node.pem -noout -pubkey)" = "$(openssl pkey -in ${TLS}/node_key.pem -pubout)"
if grep -q DIST_PORT /etc/rabbitmq/rabbitmq-env.conf; then echo new; else echo old; fi
`;

const nodes = requireOrSkip("a machine for the agent", () => capability("agent-nodes"));

nodes("an agent that is killed", () => {
  let deployment: Deployment;
  let machine: AgentMachine;
  beforeAll(async () => {
    deployment = await startDeployment({ definitions: { mq: rabbitDefinition() } });
    machine = await startAgentMachine(deployment, HOST);
    await configure(machine, { url: deployment.origin(), cluster: "mq", node: NODE });
    await machine.give(await deployment.mint("mq", { exact: NODE }));
    await machine.shell(MINES);
  });
  afterAll(async () => {
    await machine[Symbol.asyncDispose]();
    await deployment[Symbol.asyncDispose]();
  });

  /** Runs the agent to its death before step `last`; answers whether it died. */
  const killAt = async (last: number, ...words: readonly string[]): Promise<boolean> => {
    await machine.shell(`echo 0 >/mines/calls; echo ${last} >/mines/last`);
    const mined = { env: { PATH: "/mines:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" } };
    const agent = 'echo $$ >/mines/agent; exec dash /usr/local/sbin/interlock "$@"';
    const argv = ["sh", "-c", 'sh -c "$0" sh "$@" >/dev/null 2>&1; echo $?', agent, ...words];
    const code = await machine.exec(argv, mined);
    expect(["0\n", "137\n"]).toContain(code);
    // A part of a pipeline outlives the agent by a moment, and has its lock for as long.
    await machine.shell(`! test -d ${STATE} || flock ${STATE} true`);
    return code === "137\n";
  };

  it("at any step of its first run leaves a whole set or none, and its token still works", async () => {
    let last = 1;
    const seen = new Set<string>();
    while (await killAt(last, "bootstrap")) {
      seen.add(await machine.shell(WORKS));
      expect(await machine.agent("bootstrap")).toMatchObject({ code: 0 });
      expect(await machine.agent("status")).toMatchObject({ code: 0 });
      expect(await machine.shell("find /etc/rabbitmq -name '*.interlock'")).toBe("");
      await machine.agent("uninstall");
      await machine.give(await deployment.mint("mq", { exact: NODE }));
      last += 1;
    }
    expect(last).toBeGreaterThan(30);
    expect(seen).toContain("none");
    expect([...seen].filter((left) => left !== "none" && left !== "old")).toEqual([]);
  }, 600_000);

  it("at any step of a change leaves the old set or the new one", async () => {
    await machine.agent("bootstrap");
    await machine.agent("renew", "--force", "yes", "--options", "portOffset=1");
    let last = 1;
    const seen = new Set<string>();
    const settled = new Set<string>();
    while (await killAt(last, "rollback")) {
      seen.add(await machine.shell(WORKS));
      expect(await machine.agent("bootstrap")).toMatchObject({ code: 0 });
      expect(await machine.agent("status")).toMatchObject({ code: 0 });
      settled.add(await machine.shell(WORKS));
      expect(await machine.shell("find /etc/rabbitmq -name '*.interlock'")).toBe("");
      last += 1;
    }
    expect(last).toBeGreaterThan(15);
    expect([...seen].toSorted()).toEqual(["new", "old"]);
    expect([...settled].toSorted()).toEqual(["new", "old"]);
  }, 600_000);

  it("between a new key and its certificate is put right by the next run", async () => {
    let last = 1;
    while (await killAt(last, "renew", "--force", "yes", "--new-key", "yes")) {
      expect(await machine.agent("bootstrap")).toMatchObject({ code: 0 });
      expect(await machine.shell(WORKS)).not.toBe("none");
      last += 5;
    }
    expect(last).toBeGreaterThan(30);
  }, 600_000);
});
