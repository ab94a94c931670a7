import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { configure, startAgentMachine, STATE, type AgentMachine } from "../support/agent.ts";
import { capability } from "../support/capability.ts";
import { makeCsr } from "../support/csr.ts";
import { rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import { startMeddler, type Meddler, type Passing } from "../support/meddler.ts";
import { requireOrSkip } from "../support/requirements.ts";

/** Whatever goes wrong: the node has what it had before, the exit code says what it was, and the same token still works after. */
const HOST = "mq-1.nodes.example.internal";
const NODE = `rabbit@${HOST}`;
const HTML = "<html><head><title>Sign in to the guest network</title></head></html>\n";

const nodes = requireOrSkip("a machine for the agent", () => capability("agent-nodes"));

nodes("between the agent and the API", () => {
  let deployment: Deployment;
  let meddler: Meddler;
  let machine: AgentMachine;

  beforeAll(async () => {
    deployment = await startDeployment({ definitions: { mq: rabbitDefinition() } });
  });
  afterAll(() => deployment[Symbol.asyncDispose]());
  beforeEach(async () => {
    meddler = await startMeddler(deployment.origin());
    machine = await startAgentMachine(deployment, HOST);
    await configure(machine, { url: meddler.origin, cluster: "mq", node: NODE });
    // Tokens are for an audience, and the audience is the address that the node knows.
    await machine.give(await deployment.mint("mq", { exact: NODE }));
  });
  afterEach(async () => {
    await machine[Symbol.asyncDispose]();
    await meddler[Symbol.asyncDispose]();
  });

  /** The run fails as it should with nothing installed, and the next one, undisturbed, succeeds with the same token. */
  const failsHarmlessly = async (
    code: number,
    why: string,
    ...settings: readonly string[]
  ): Promise<void> => {
    const failed = await machine.agent("bootstrap", ...settings);
    expect([failed.code, failed.said]).toEqual([code, expect.stringContaining(why)]);
    expect(failed.said).toContain("nothing was changed");
    expect(await machine.shell("find /etc/rabbitmq -type f 2>/dev/null || true")).toBe("");
    meddler.meddle = null;
    expect(await machine.agent("bootstrap")).toMatchObject({ code: 0 });
    expect(await machine.agent("status")).toMatchObject({ code: 0 });
  };
  const instead = (changes: Partial<Passing>): void => {
    meddler.meddle = (reply) => ({ ...reply, ...changes });
  };
  const edited = (edit: (body: string) => string): void => {
    meddler.meddle = (reply) => ({ ...reply, body: edit(reply.body) });
  };

  it("one bad answer is tried again", async () => {
    meddler.meddle = (reply, request) => (request === 1 ? { ...reply, status: 502, body: HTML } : reply);
    const { code, said } = await machine.agent("bootstrap");
    expect([code, said]).toEqual([0, expect.stringContaining("the API answered 502")]);
    expect(meddler.requests).toBe(2);
  });
  it("a gateway's error page ends the run", async () => {
    instead({ status: 502, body: HTML });
    await failsHarmlessly(4, "the API answered 502");
  });
  it("a portal's page is not taken for an answer", async () => {
    instead({ status: 200, body: HTML });
    await failsHarmlessly(6, "not from the API");
  });
  it("a redirect is not followed", async () => {
    instead({ status: 302, headers: { location: "https://portal.example/" }, body: "" });
    await failsHarmlessly(4, "302 is no answer of the API");
  });
  it.each([0.1, 0.5, 0.999])("an answer that ends after %d of it is not taken", async (part) => {
    edited((body) => body.slice(0, Math.floor(body.length * part)));
    await failsHarmlessly(6, "cut short");
  });
  it("a line that breaks in the middle of the answer is tried again", async () => {
    instead({ breakAfter: 700 });
    await failsHarmlessly(4, "the API was not reached");
  });
  it("an API that is not there", () => {
    return failsHarmlessly(4, "the API was not reached", "--url", "http://127.0.0.1:1");
  });
  it("waits as long as the API asks", async () => {
    meddler.meddle = (reply, request) =>
      request === 1 ? { ...reply, status: 429, headers: { "retry-after": "4" }, body: "slow down" } : reply;
    const before = Date.now();
    expect(await machine.agent("bootstrap")).toMatchObject({ code: 0 });
    // At least that long (RFC 9110 §10.2.3).
    expect(Date.now() - before).toBeGreaterThanOrEqual(4000);
  });

  it.each<[string, (body: string) => string, string]>([
    ["a changed content", (body) => body.replace("verify_peer", "verify_none"), "another digest"],
    ["another node's name", (body) => body.replace(`node ${NODE}`, "node rabbit@mq-2.x"), "for another node"],
    ["a device for a path", (body) => body.replace(/own \S+/, "own /dev/sda"), "path, mode or owner"],
    ["a path that climbs", (body) => body.replace(/own \S+/, "own /etc/../root/x"), "path, mode or owner"],
    ["a set-uid mode", (body) => body.replace(/(own \S+) \d+/, "$1 4755"), "path, mode or owner"],
    ["an owner that is none", (body) => body.replace(/(own \S+ \d+) \w+/, "$1 $(id)"), "path, mode or owner"],
    [
      "no certificate",
      (body) => body.replace(/^certificate .*\n(?: .*\n)+/m, ""),
      "there is no certificate in the answer",
    ],
  ])("an answer with %s changes nothing", async (_, edit, why) => {
    edited(edit);
    await failsHarmlessly(6, why);
  });
  it("a certificate for another key changes nothing", async () => {
    const other = await deployment.mint("mq", { exact: NODE }, { uses: 1 });
    const { csrPem } = await makeCsr();
    const reply = await deployment.askBundle("mq", NODE, other, csrPem, "?format=manifest");
    expect(reply.status).toBe(201);
    const body = await reply.text();
    edited(() => body);
    const { code, said } = await machine.agent("bootstrap");
    expect([code, said]).toEqual([6, expect.stringContaining("not for this node's key")]);
  });
  it("a certificate for another host changes nothing", async () => {
    await machine.agent("bootstrap", "--url", "http://127.0.0.1:1"); // leaves its key for the next run
    const csr = await machine.shell(`openssl req -new -key ${STATE}/key -subj /`);
    const node = "rabbit@mq-2.nodes.example.internal";
    const token = await deployment.mint("mq", { exact: node });
    const body = await (await deployment.askBundle("mq", node, token, csr, "?format=manifest")).text();
    instead({ status: 200, body: body.replace(`node ${node}`, `node ${NODE}`) });
    const { code, said } = await machine.agent("bootstrap");
    expect([code, said]).toEqual([6, expect.stringContaining(`does not verify for ${HOST}`)]);
    expect(await machine.shell("find /etc/rabbitmq -type f 2>/dev/null || true")).toBe("");
  });
  it("another CA's roots change nothing", async () => {
    await using stranger = await startDeployment({ definitions: { mq: rabbitDefinition() } });
    const roots = await (await fetch(`${stranger.origin()}/v1/clusters/mq/ca.pem`)).text();
    const digest = await machine.shell(`sha256sum <<'EOF' | cut -d' ' -f1\n${roots.trimEnd()}\nEOF`);
    const lines = roots.trimEnd().replaceAll(/^/gm, " ");
    edited((body) => body.replace(/^(ca \S+ \S+ \S+ \S+) .*\n(?: .*\n)+/m, `$1 ${digest}\n${lines}\n`));
    await failsHarmlessly(6, "does not verify");
  });
  it("a refusal is repeated in the API's words, and a stolen token stays refused", async () => {
    await machine.agent("bootstrap");
    await machine.shell(`rm -rf ${STATE}`);
    const { code, said } = await machine.agent("bootstrap");
    expect([code, said]).toEqual([5, expect.stringContaining("refused: credential-bound: ")]);
  });
  it("the credential is in no file that stays", async () => {
    await machine.agent("bootstrap");
    expect(await machine.shell(`grep -rl "$(cat /run/interlock.token)" /etc ${STATE} || true`)).toBe("");
  });
  it("a forward proxy is used where the environment names one", async () => {
    const argv = ["dash", "/usr/local/sbin/interlock", "bootstrap", "--url", deployment.origin()];
    expect(await machine.attempt(argv, { env: { http_proxy: meddler.origin } })).toMatchObject({ code: 0 });
    expect(meddler.requests).toBe(1);
  });

  describe("with a wrong clock", () => {
    /** A `date` that is wrong about now, and right about everything else. */
    const shiftClock = (days: number): Promise<string> =>
      machine.shell(
        `cat >/usr/local/bin/date <<'EOF'\n#!/bin/sh\ncase $* in +%s) echo $(($(/bin/date +%s) + ${days} * 86400)) ;; *) exec /bin/date "$@" ;; esac\nEOF\nchmod 755 /usr/local/bin/date`,
      );
    it.each([-2, 40])("%d days off, it installs nothing and says what the time is", async (days) => {
      await shiftClock(days);
      const { code, said } = await machine.agent("bootstrap");
      expect([code, said]).toEqual([7, expect.stringContaining("the API's said 20")]);
      expect(await machine.shell("find /etc/rabbitmq -type f 2>/dev/null || true")).toBe("");
      await machine.shell("rm /usr/local/bin/date");
      expect(await machine.agent("bootstrap")).toMatchObject({ code: 0 });
    });
    it("a refusal that comes with another date is laid to the clock", async () => {
      await shiftClock(1);
      meddler.meddle = (reply) => ({ ...reply, status: 401, body: "credential-invalid: signingTime\n" });
      const { code, said } = await machine.agent("bootstrap");
      expect([code, said]).toEqual([7, expect.stringContaining("seconds ahead of the API's")]);
    });
  });

  describe("behind TLS of a private CA", () => {
    let folder: string;
    let tls: Meddler;
    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), "interlock-agent-"));
      const [cert, key] = [join(folder, "cert"), join(folder, "key")];
      const names = ["-subj", "/CN=api", "-addext", "subjectAltName=IP:127.0.0.1"];
      const made = [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        key,
        "-out",
        cert,
      ];
      execFileSync("openssl", ["req", "-x509", ...made, ...names], { stdio: "ignore" });
      tls = await startMeddler(deployment.origin(), {
        cert: readFileSync(cert, "utf8"),
        key: readFileSync(key, "utf8"),
      });
      const content = readFileSync(cert, "utf8");
      await machine.write({
        path: "/etc/interlock/api-ca.pem",
        mode: "0644",
        owner: "root",
        group: "root",
        content,
      });
    });
    afterEach(async () => {
      await tls[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    });

    it("trusts it when told so, and nobody otherwise", async () => {
      const distrust = await machine.agent("bootstrap", "--url", tls.origin);
      expect([distrust.code, distrust.said]).toEqual([4, expect.stringContaining("is not trusted")]);
      expect(tls.requests).toBe(1); // for the date, without a credential
      const trust = await machine.agent(
        "bootstrap",
        "--url",
        tls.origin,
        "--cacert",
        "/etc/interlock/api-ca.pem",
      );
      expect(trust).toMatchObject({ code: 0 });
    });
    it("lays distrust to the clock where the API's date says so", async () => {
      tls.meddle = (reply) => ({ ...reply, headers: { date: "Sun, 06 Nov 1994 08:49:37 GMT" } });
      const { code, said } = await machine.agent("bootstrap", "--url", tls.origin);
      expect([code, said]).toEqual([7, expect.stringContaining("Sun, 06 Nov 1994 08:49:37 GMT")]);
    });
  });

  describe("on a node", () => {
    it("without room for the files: nothing is changed", async () => {
      await machine.shell("mkdir -p /etc/rabbitmq && mount -t tmpfs -o size=8k tmpfs /etc/rabbitmq");
      const { code, said } = await machine.agent("bootstrap");
      expect([code, said]).toEqual([8, expect.stringContaining("cannot write /etc/rabbitmq/")]);
      expect(await machine.shell("find /etc/rabbitmq -type f")).toBe("");
      await machine.shell("umount /etc/rabbitmq");
      expect(await machine.agent("bootstrap")).toMatchObject({ code: 0 });
    });
    it("without room for the renewed files: the old set stays whole", async () => {
      await machine.shell("mkdir -p /etc/rabbitmq && mount -t tmpfs -o size=32k tmpfs /etc/rabbitmq");
      expect(await machine.agent("bootstrap")).toMatchObject({ code: 0 });
      await machine.shell("head -c 100k /dev/zero >/etc/rabbitmq/filler 2>/dev/null || true");
      const { code } = await machine.agent("renew", "--force", "yes", "--new-key", "yes");
      expect(code).toBe(8);
      expect(await machine.agent("status")).toMatchObject({ code: 0 });
      expect(await machine.shell("find /etc/rabbitmq -name '*.interlock'")).toBe("");
    });
    it.each(["4k", "12k", "20k"])(
      "with %s left for the agent's own state: nothing is changed",
      async (size) => {
        await machine.shell(`mkdir -p ${STATE} && mount -t tmpfs -o size=${size} tmpfs ${STATE}`);
        const { code } = await machine.agent("bootstrap");
        expect([6, 8]).toContain(code);
        expect(await machine.shell("find /etc/rabbitmq -type f 2>/dev/null || true")).toBe("");
      },
    );
    it("with half a block in a shared file: it is left alone", async () => {
      await machine.shell(
        "mkdir -p /etc/rabbitmq; printf '# BEGIN interlock\\nmine=1\\n' >/etc/rabbitmq/rabbitmq-env.conf",
      );
      const { code, said } = await machine.agent("bootstrap");
      expect([code, said]).toEqual([8, expect.stringContaining("half a block of ours")]);
      expect(await machine.shell("cd /etc/rabbitmq; find . -type f; cat rabbitmq-env.conf")).toBe(
        "./rabbitmq-env.conf\n# BEGIN interlock\nmine=1",
      );
    });
    it("with a link where a draft goes: the link's target is left alone", async () => {
      await machine.shell(
        "mkdir -p /etc/rabbitmq; echo precious >/etc/victim; ln -s /etc/victim /etc/rabbitmq/inter_node_tls.config.interlock",
      );
      expect(await machine.agent("bootstrap")).toMatchObject({ code: 0 });
      expect(await machine.shell("cat /etc/victim; stat -c %U /etc/victim")).toBe("precious\nroot");
    });
    it.each(["dash", "busybox"])(
      "with a shared file that became a link, in %s: what it leads to is neither read nor replaced",
      async (shell) => {
        const run = (command: string) =>
          machine.attempt([
            "sh",
            "-c",
            `${shell} ${shell === "busybox" ? "sh" : ""} /usr/local/sbin/interlock ${command} 2>&1`,
          ]);
        const conf = "/etc/rabbitmq/rabbitmq-env.conf";
        const secret = "echo SECRET=4711 >/etc/secret; chmod 0600 /etc/secret";
        await machine.shell(`mkdir -p /etc/rabbitmq; ${secret}; ln -s /etc/secret ${conf}`);
        const first = await run("bootstrap");
        expect([first.code, first.stdout]).toEqual([8, expect.stringContaining(`cannot write ${conf}`)]);
        expect(await machine.shell("find /etc/rabbitmq -type f")).toBe("");
        await machine.shell(`rm ${conf}`);
        expect(await run("bootstrap")).toMatchObject({ code: 0 });
        await machine.shell(`ln -sf /etc/secret ${conf}`);
        for (const command of ["bootstrap", "uninstall"])
          expect(await run(command)).toMatchObject({ code: 8 });
        expect(await machine.shell(`grep -rl SECRET=4711 /etc /var/lib; readlink ${conf}`)).toBe(
          `/etc/secret\n/etc/secret`,
        );
        expect(await machine.shell("cat /etc/secret; stat -c '%U %a' /etc/secret")).toBe(
          "SECRET=4711\nroot 600",
        );
      },
    );
    it("with folders and links to folders where its files go: nothing is put into them", async () => {
      const victims = "mkdir -p /etc/victim; touch -d @1 /etc/victim";
      const config = "/etc/rabbitmq/inter_node_tls.config";
      await machine.shell(`mkdir -p /etc/rabbitmq; ${victims}; ln -s /etc/victim ${config}`);
      expect(await machine.agent("bootstrap")).toMatchObject({ code: 0 });
      expect(await machine.shell(`stat -c '%F %U' ${config}`)).toBe("regular file rabbitmq");
      await machine.shell(`ln -s /etc/victim ${config}.interlock.d; rm ${config}`);
      const refused = await machine.agent("bootstrap");
      expect([refused.code, refused.said]).toEqual([8, expect.stringContaining(`cannot write ${config}`)]);
      await machine.shell(`rm ${config}.interlock.d; mkdir ${config}`);
      expect(await machine.agent("bootstrap")).toMatchObject({ code: 8 });
      expect(await machine.shell(`find ${config} /etc/victim; stat -c '%U %Y' /etc/victim`)).toBe(
        `${config}\n/etc/victim\nroot 1`,
      );
      await machine.shell(`rmdir ${config}`);
      expect(await machine.agent("bootstrap")).toMatchObject({ code: 0 });
    });
    it("with a folder where a draft was: uninstalling puts no original through a link in it", async () => {
      const config = "/etc/rabbitmq/inter_node_tls.config";
      await machine.shell(`mkdir -p /etc/rabbitmq; echo shipped >${config}; chmod 0604 ${config}`);
      expect(await machine.agent("bootstrap")).toMatchObject({ code: 0 });
      const trap = `echo precious >/etc/victim; mkdir ${config}.interlock`;
      await machine.shell(`${trap}; ln -s /etc/victim ${config}.interlock/inter_node_tls.config`);
      const refused = await machine.agent("uninstall");
      expect([refused.code, refused.said]).toEqual([8, expect.stringContaining("cannot take")]);
      expect(await machine.shell("cat /etc/victim; stat -c %U /etc/victim")).toBe("precious\nroot");
      await machine.shell(`rm -r ${config}.interlock`);
      expect(await machine.agent("uninstall")).toMatchObject({ code: 0 });
      expect(await machine.shell(`cat ${config}; stat -c '%U %a' ${config}; ls -A /etc/rabbitmq`)).toBe(
        "shipped\nroot 604\ninter_node_tls.config\ntls",
      );
    });
    it("with links to nothing where its files were: nothing is made where they lead", async () => {
      expect(await machine.agent("bootstrap")).toMatchObject({ code: 0 });
      await machine.shell("ln -sf /etc/nothing /etc/rabbitmq/tls/ca.pem");
      expect(await machine.agent("bootstrap")).toMatchObject({ code: 0 });
      // As if the link came between the moving and the freshening of a file: `mv` puts it there.
      await machine.shell(
        `printf '#!/bin/sh\\n/bin/mv "$@"; for last; do :; done; case $last in */ca.pem) ln -sf /etc/nothing $last ;; esac\\n' >/usr/local/bin/mv; chmod 755 /usr/local/bin/mv; rm /etc/rabbitmq/tls/ca.pem`,
      );
      await machine.agent("bootstrap");
      expect(
        await machine.shell("readlink /etc/rabbitmq/tls/ca.pem; ls /etc/nothing 2>/dev/null || true"),
      ).toBe("/etc/nothing");
    });
    it("two runs at once: one works, the other says so", async () => {
      meddler.meddle = (reply, request) => (request === 1 ? { ...reply, status: 503, body: "later" } : reply);
      const runs = await Promise.all([machine.agent("bootstrap"), machine.agent("bootstrap")]);
      expect(runs.map(({ code }) => code).toSorted((a, b) => a - b)).toEqual([0, 9]);
      expect(await machine.agent("status")).toMatchObject({ code: 0 });
    });
  });
});
