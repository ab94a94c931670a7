import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { configure, startAgentMachine, STATE, TOKEN_FILE, type AgentMachine } from "../support/agent.ts";
import { capability } from "../support/capability.ts";
import { makeCsr } from "../support/csr.ts";
import { rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import { requireOrSkip } from "../support/requirements.ts";

/** The agent as a node has it: fetched from the API, run by the shells that nodes have, in a root directory of its own. */
const SCRIPT = "infra/agent/interlock.sh";
const HOST = "mq-1.nodes.example.internal";
const NODE = `rabbit@${HOST}`;
const TLS = "/etc/rabbitmq/tls";
const ENV_CONF = "/etc/rabbitmq/rabbitmq-env.conf";

/** What the API gives to nodes, and the file that it is. */
const SERVED: readonly (readonly [path: string, file: string])[] = [
  ["/v1/agent.sh", SCRIPT],
  ...readdirSync("infra/evidence").map((name) => [`/v1/evidence/${name}`, `infra/evidence/${name}`] as const),
];

describe("the script", () => {
  it("is less than 16 KiB, so that a cloud-init document has room for it", () =>
    expect(statSync(SCRIPT).size).toBeLessThan(16 * 1024));
  it("leaves shellcheck nothing to say", () => {
    const { status, stdout, error } = spawnSync("shellcheck", ["--shell=sh", SCRIPT], { encoding: "utf8" });
    if (error !== undefined && process.env["INTERLOCK_SYSTEM"] !== "required") {
      console.warn("skipped: shellcheck is not available here");
      return;
    }
    expect([status, stdout]).toEqual([0, ""]);
  });
});

const nodes = requireOrSkip("a machine for the agent", () => capability("agent-nodes"));

nodes("the agent", () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment({
      definitions: {
        mq: rabbitDefinition(),
        crl: rabbitDefinition("nodes.example.internal", {
          ca: { secret: "interlock/crl" },
          render: { revocation: "file" },
        }),
        emqx: {
          product: "emqx",
          nodes: { names: ["emqx<n>"], hosts: ["*.nodes.example.internal"] },
          ca: { secret: "interlock/emqx" },
          bootstrap: [{ method: "token", maxLifetime: "1h" }],
        },
      },
    });
  });
  afterAll(() => deployment[Symbol.asyncDispose]());

  it.each(SERVED)("%s comes from the API byte for byte, with an ETag and its digest", async (path, file) => {
    const reply = await fetch(deployment.origin() + path);
    expect([reply.status, await reply.text()]).toEqual([200, readFileSync(file, "utf8")]);
    const again = await fetch(deployment.origin() + path, {
      headers: { "If-None-Match": reply.headers.get("ETag") ?? "" },
    });
    expect(again.status).toBe(304);
    const digest = createHash("sha256").update(readFileSync(file)).digest("hex");
    const line = await fetch(`${deployment.origin()}${path}.sha256`);
    expect(await line.text()).toBe(`${digest}  ${basename(path)}\n`);
  });

  describe.each([["dash"], ["busybox", "sh"]])("in %s", (...shell) => {
    let machine: AgentMachine;
    const token = async (node = NODE, cluster = "mq"): Promise<void> =>
      machine.give(await deployment.mint(cluster, { exact: node }));
    const bootstrapped = async (): Promise<void> => {
      await token();
      expect(await machine.agent("bootstrap")).toMatchObject({ code: 0 });
    };
    /** Everything about the installed files that could change. */
    const installed = (): Promise<string> =>
      machine.shell(
        "cd /etc && find rabbitmq -type f -exec ls -l --time-style=full-iso {} + -exec sha256sum {} +",
      );

    beforeEach(async () => {
      machine = await startAgentMachine(deployment, HOST, shell);
      await configure(machine, { url: deployment.origin(), cluster: "mq", node: NODE });
    });
    afterEach(() => machine[Symbol.asyncDispose]());

    it("bootstraps: files with their owners and modes, a key that stayed, one restart", async () => {
      await token();
      const { code, said } = await machine.agent("bootstrap");
      expect([code, said]).toEqual([0, expect.stringContaining(`wrote ${TLS}/node.pem`)]);
      expect(await machine.shell(`stat -c '%n %a %U:%G' ${TLS}/* /etc/rabbitmq/*.*`)).toBe(
        [
          `${TLS}/ca.pem 644 rabbitmq:rabbitmq`,
          `${TLS}/node.pem 644 rabbitmq:rabbitmq`,
          `${TLS}/node_key.pem 600 rabbitmq:rabbitmq`,
          "/etc/rabbitmq/inter_node_tls.config 640 rabbitmq:rabbitmq",
          `${ENV_CONF} 644 rabbitmq:rabbitmq`,
        ].join("\n"),
      );
      await machine.shell(
        `openssl verify -CAfile ${TLS}/ca.pem -untrusted ${TLS}/node.pem -verify_hostname ${HOST} ${TLS}/node.pem`,
      );
      expect(await machine.shell("cat /run/systemctl.log")).toBe("restart rabbitmq-server");
      expect(await machine.shell(`stat -c %a ${STATE}; find ${STATE} -type f -perm /077`)).toBe("700");
      expect(await machine.agent("status")).toMatchObject({ code: 0 });
    });
    it("changes nothing when it bootstraps again, and asks nobody", async () => {
      await bootstrapped();
      const before = await installed();
      await machine.shell(`rm ${TOKEN_FILE}`);
      const { code, said } = await machine.agent("bootstrap", "--url", "http://127.0.0.1:1");
      expect([code, said]).toEqual([0, expect.stringContaining("nothing to change")]);
      expect(await installed()).toBe(before);
      expect(await machine.shell("cat /run/systemctl.log")).toBe("restart rabbitmq-server");
    });
    it("keeps what others wrote into a shared file, before and after", async () => {
      await machine.shell(
        `mkdir -p /etc/rabbitmq; printf 'LOG_BASE=/srv\\n# mine\\n' >${ENV_CONF}; chmod 0600 ${ENV_CONF}; chown root:daemon ${ENV_CONF}`,
      );
      await bootstrapped();
      await machine.shell(`echo LATER=1 >>${ENV_CONF}`);
      expect(await machine.agent("bootstrap")).toMatchObject({ code: 0 });
      expect(await machine.shell(`grep -v interlock ${ENV_CONF} | grep -c 'LOG_BASE\\|mine\\|LATER'`)).toBe(
        "3",
      );
      expect(await machine.agent("uninstall")).toMatchObject({ code: 0 });
      expect(await machine.shell(`stat -c '%a %U:%G' ${ENV_CONF}; cat ${ENV_CONF}`)).toBe(
        "600 root:daemon\nLOG_BASE=/srv\n# mine\nLATER=1",
      );
    });
    it("keeps the last line of a shared file that lacks its newline", async () => {
      await machine.shell(`mkdir -p /etc/rabbitmq; printf 'LOG_BASE=/srv' >${ENV_CONF}`);
      await bootstrapped();
      expect(await machine.shell(`head -n 2 ${ENV_CONF}`)).toBe("LOG_BASE=/srv\n# BEGIN interlock");
      await machine.shell(`printf 'LATER=1' >>${ENV_CONF}`);
      await machine.shell(`sed -i '/^USE_LONGNAME/d' ${ENV_CONF}`);
      expect(await machine.agent("bootstrap")).toMatchObject({ code: 0 });
      expect(await machine.agent("status")).toMatchObject({ code: 0 });
      expect(await machine.agent("uninstall")).toMatchObject({ code: 0 });
      expect(await machine.shell(`cat ${ENV_CONF}`)).toBe("LOG_BASE=/srv\nLATER=1");
    });
    it("repairs what was changed or lost, from what it has", async () => {
      await bootstrapped();
      await machine.shell(`rm ${TLS}/ca.pem; echo x >>${TLS}/node.pem; chmod 0644 ${TLS}/node_key.pem`);
      const { code, said } = await machine.agent("status");
      expect([code, said.match(/changed or missing/g)]).toEqual([12, Array(3).fill("changed or missing")]);
      expect(await machine.agent("bootstrap", "--url", "http://127.0.0.1:1")).toMatchObject({ code: 0 });
      expect(await machine.agent("status")).toMatchObject({ code: 0 });
    });
    it("renews by the certificate that it has, with a new key where one is wanted, and restarts nothing", async () => {
      await bootstrapped();
      const key = await machine.shell(`sha256sum ${TLS}/node_key.pem`);
      await machine.shell(`rm ${TOKEN_FILE}`);
      expect(await machine.agent("renew")).toMatchObject({ code: 0 });
      const { code, said } = await machine.agent("renew", "--force", "yes", "--new-key", "yes");
      expect([code, said]).toEqual([0, expect.stringContaining(`wrote ${TLS}/node_key.pem`)]);
      expect(await machine.shell(`sha256sum ${TLS}/node_key.pem`)).not.toBe(key);
      expect(await machine.shell("cat /run/systemctl.log")).toBe("restart rabbitmq-server");
      expect(await machine.agent("status")).toMatchObject({ code: 0 });
    });
    it("takes a new CRL as soon as there is one, and restarts nothing for it", async () => {
      await configure(machine, { url: deployment.origin(), cluster: "crl", node: NODE });
      await token(NODE, "crl");
      expect(await machine.agent("bootstrap")).toMatchObject({ code: 0 });
      expect((await machine.agent("renew")).said).toContain("not due before");
      const other = "rabbit@mq-2.nodes.example.internal";
      const { csrPem } = await makeCsr();
      await deployment.askBundle("crl", other, await deployment.mint("crl", { exact: other }), csrPem);
      const body = JSON.stringify({ reason: "keyCompromise" });
      const revoked = await deployment.administer(`/v1/clusters/crl/nodes/${other}/revoke`, {
        method: "POST",
        body,
      });
      expect(revoked.status).toBe(200);
      const { code, said } = await machine.agent("renew");
      expect([code, said.match(/wrote \S+/g)]).toEqual([0, [expect.stringMatching(/\.r0$/)]]);
      expect(await machine.shell("openssl crl -in /etc/rabbitmq/tls/crls/*.r0 -noout -text")).toContain(
        "Key Compromise",
      );
      expect(await machine.shell("cat /run/systemctl.log")).toBe("restart rabbitmq-server");
      expect(await machine.agent("status")).toMatchObject({ code: 0 });
    });
    it("restarts only when the configuration changed, and only what is a plain restart", async () => {
      await bootstrapped();
      const again = ["--force", "yes", "--options", "portOffset=1"];
      expect(await machine.agent("renew", ...again, "--restart", "no")).toMatchObject({
        code: 0,
        said: expect.stringContaining("now restart the node: systemctl restart rabbitmq-server") as string,
      });
      expect(await machine.agent("bootstrap", "--restart", "false")).toMatchObject({ code: 0 });
      const failing = await machine.agent("rollback", "--restart", "false");
      expect([failing.code, failing.said]).toEqual([10, expect.stringContaining("the restart failed")]);
      expect((await machine.agent("status")).code).toBe(12);
      expect(await machine.agent("bootstrap", "--restart", "touch /run/restarted")).toMatchObject({
        code: 0,
      });
      await machine.shell("test -f /run/restarted");
      expect(await machine.agent("status")).toMatchObject({ code: 0 });
    });
    it("rolls back, and back again", async () => {
      await bootstrapped();
      const digest = `cat ${TLS}/* /etc/rabbitmq/*.con* | sha256sum`;
      const first = await machine.shell(digest);
      expect((await machine.agent("rollback")).code).toBe(13);
      await machine.agent("renew", "--force", "yes", "--new-key", "yes", "--options", "portOffset=1");
      const second = await machine.shell(digest);
      expect(await machine.agent("rollback")).toMatchObject({ code: 0 });
      expect(await machine.shell(digest)).toBe(first);
      expect(await machine.agent("rollback")).toMatchObject({ code: 0 });
      expect(await machine.shell(digest)).toBe(second);
    });
    it("comes back with a token where its certificate is refused", async () => {
      await bootstrapped();
      const before = await machine.shell(`cat ${TLS}/node.pem`);
      const path = `/v1/clusters/mq/nodes/${encodeURIComponent(NODE)}/revoke`;
      expect((await deployment.administer(path, { method: "POST", body: "{}" })).status).toBe(200);
      expect(await machine.agent("renew", "--force", "yes", "--token-file", "")).toMatchObject({ code: 5 });
      await token();
      const renewed = await machine.agent("renew", "--force", "yes", "--token-file", TOKEN_FILE);
      expect(renewed).toMatchObject({ code: 0 });
      expect(await machine.shell(`cat ${TLS}/node.pem`)).not.toBe(before);
    });
    it("makes the combined file, and takes it away when it is no longer wanted", async () => {
      await token();
      await machine.agent("bootstrap", "--options", "combined=true");
      expect(
        await machine.shell(
          `cat ${TLS}/node.pem ${TLS}/node_key.pem | cmp - ${TLS}/combined.pem; stat -c %a ${TLS}/combined.pem`,
        ),
      ).toBe("600");
      expect(await machine.agent("renew", "--force", "yes")).toMatchObject({ code: 0 });
      expect(await machine.shell(`ls ${TLS}`)).toBe("ca.pem\nnode.pem\nnode_key.pem");
    });
    it("replaces what a product ships, and uninstalling puts it back and leaves no key", async () => {
      const node = "emqx1@core-1.nodes.example.internal";
      await machine.shell(
        "mkdir -p /etc/emqx; echo shipped >/etc/emqx/ssl_dist.conf; echo 'node {}' >/etc/emqx/emqx.conf",
      );
      await configure(machine, { url: deployment.origin(), cluster: "emqx", node });
      await token(node, "emqx");
      expect(await machine.agent("bootstrap")).toMatchObject({ code: 0 });
      expect(await machine.shell("cat /etc/emqx/ssl_dist.conf")).toContain("verify_peer");
      expect(await machine.agent("uninstall")).toMatchObject({ code: 0 });
      expect(await machine.shell("cat /etc/emqx/ssl_dist.conf /etc/emqx/emqx.conf")).toBe("shipped\nnode {}");
      expect(
        await machine.shell(
          `grep -rl 'PRIVATE KEY' /etc/emqx /var/lib 2>/dev/null || true; ls -d ${STATE} || true`,
        ),
      ).toBe("");
      expect((await machine.agent("uninstall")).code).toBe(13);
    });
    it("remembers the settings of its first run where no file has them", async () => {
      await machine.shell("rm /etc/interlock/agent.conf");
      await token();
      const settings = ["--url", `${deployment.origin()}/`, "--cluster", "mq", "--node", NODE];
      expect(await machine.agent("bootstrap", ...settings, "--token-file", TOKEN_FILE)).toMatchObject({
        code: 0,
      });
      expect(await machine.agent("renew")).toMatchObject({
        code: 0,
        said: expect.stringContaining("not due before") as string,
      });
    });
    it.each([
      ["no command", [], 2],
      ["an unknown command", ["reboot"], 2],
      ["an unknown setting", ["bootstrap", "--nodes", "x"], 2],
      ["a setting without its value", ["bootstrap", "--url"], 2],
      ["a plain-text address", ["bootstrap", "--url", "http://interlock.example.com"], 2],
      ["an address with more in it", ["bootstrap", "--url", "https://x/$(id)"], 2],
      ["a node that is none", ["bootstrap", "--node", "rabbit"], 2],
      ["no credential", ["bootstrap", "--token-file", ""], 2],
      ["a kind of evidence that is none", ["bootstrap", "--with", "vault"], 2],
      ["renew before bootstrap", ["renew"], 13],
      ["status before bootstrap", ["status"], 13],
    ])("answers %s with its own exit code", async (_, words, code) => {
      const [command = "", ...settings] = words;
      expect((await machine.agent(command, ...settings)).code).toBe(code);
      expect(await machine.shell("ls /etc/rabbitmq 2>/dev/null || true")).toBe("");
    });
    it("does not run for anyone but root, nor before the product is there", async () => {
      const user = await machine.attempt([...shell, "/usr/local/sbin/interlock", "status"], { user: "emqx" });
      expect(user.code).toBe(3);
      await token();
      await machine.shell("userdel rabbitmq");
      const { code, said } = await machine.agent("bootstrap");
      expect([code, said]).toEqual([
        3,
        expect.stringContaining("there is no user rabbitmq; install the product first"),
      ]);
    });
    it("lets one run at a time, and does not mind what a dead one left", async () => {
      await bootstrapped();
      const [program = "", ...words] = machine.enter();
      const other = spawn(program, [...words, "flock", STATE, "sh", "-c", "echo held; cat"]);
      await once(other.stdout, "data");
      expect(await machine.agent("renew")).toMatchObject({
        code: 9,
        said: expect.stringContaining("another run is under way") as string,
      });
      other.kill("SIGKILL");
      await once(other, "close");
      expect(await machine.agent("renew")).toMatchObject({ code: 0 });
    });
  });
});
