import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VARIABLES } from "../../infra/workerd/install.ts";
import { secretVariable } from "../../src/policy/secret-name.ts";
import { capability } from "../support/capability.ts";
import { makeCsr } from "../support/csr.ts";
import { ADMIN_TOKEN, rabbitDefinition } from "../support/deployment.ts";
import type { Machine } from "../support/machine.ts";
import { startMachines, type Machines } from "../support/machines.ts";
import { requireOrSkip } from "../support/requirements.ts";
import { startProcess, type RunningProcess } from "../support/running-process.ts";
import { makeClusterSecret } from "../support/test-ca.ts";

/** Interlock on a host of one's own, from the files of `infra/workerd` as they stand. */
const UNIT = readFileSync("infra/workerd/interlock.service", "utf8");
const SERVER = "interlock.example.com";
const HOST = "api.example.internal";
const NODE = "rabbit@mq-1.nodes.example.internal";
const SECRET = secretVariable("interlock/nodes.example.internal");

const directive = (name: string): string => new RegExp(`^${name}=(.*)$`, "m").exec(UNIT)?.[1] ?? "";

const onPath = (program: string) =>
  requireOrSkip(program, () =>
    spawnSync(program, ["--version"]).error === undefined
      ? { available: true }
      : { available: false, why: `${program} is not on the PATH` },
  );

onPath("systemd-analyze")("the unit", () => {
  it("keeps the service in a small box", () => {
    const args = ["security", "--offline=true", "--threshold=20", "infra/workerd/interlock.service"];
    execFileSync("systemd-analyze", args, { stdio: "pipe" });
  });
});

/** As an administrator whose own files are nobody else's. */
const install = (to: string, ...options: readonly string[]): void => {
  const args = [process.execPath, "infra/workerd/install.ts", "--to", to, ...options];
  execFileSync("sh", ["-c", 'umask 077; exec "$@"', "sh", ...args], { stdio: "pipe" });
};

describe("the installed folder", () => {
  const modes = (folder: string): Readonly<Record<string, string>> =>
    Object.fromEntries(
      [".", "..", ...readdirSync(folder)].map((name) => [
        name,
        (statSync(join(folder, name)).mode & 0o777).toString(8),
      ]),
    );
  it("is readable by the service's user, whatever the umask and whatever was there before", () => {
    const scratch = mkdtempSync(join(tmpdir(), "interlock-modes-"));
    try {
      const folder = join(scratch, "opt", "interlock");
      install(folder);
      const first = modes(folder);
      const { ".": itself, "..": parent, workerd, ...files } = first;
      expect([itself, parent, workerd]).toEqual(["755", "755", "755"]);
      expect(Object.keys(files)).toEqual(expect.arrayContaining(["index.js", "workerd.capnp"]));
      expect(new Set(Object.values(files))).toEqual(new Set(["644"]));
      for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o600);
      chmodSync(folder, 0o700);
      install(folder);
      expect(modes(folder)).toEqual(first);
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });
});

describe("the installed configuration", () => {
  it("binds every variable that the Worker reads", () => {
    const text = readFileSync("src/env-variables.ts", "utf8");
    const read = new Set([...text.matchAll(/^ +([A-Z][A-Z_]+):/gm)].map(([, name = ""]) => name));
    expect(read.size).toBeGreaterThan(8);
    expect([...read].filter((name) => !VARIABLES.some((known) => known === name))).toEqual([]);
  });
});

onPath("caddy")("the Caddyfile", () => {
  it("is one that Caddy takes", () => {
    execFileSync("caddy", ["validate", "--adapter", "caddyfile", "--config", "infra/workerd/Caddyfile"], {
      stdio: "pipe",
    });
  });
});

requireOrSkip("proxies", () => capability("proxies"))("a host of one's own", () => {
  let machines: Machines;
  let machine: Machine;
  let installed: string;
  let proxy: RunningProcess;
  let service: RunningProcess;
  const root = { owner: "root", group: "root" };

  beforeAll(async () => {
    installed = mkdtempSync(join(tmpdir(), "interlock-install-"));
    install(installed, "--secret", SECRET);
    machines = await startMachines([HOST]);
    machine = machines.at(HOST);
    await machine.exec(["sh", "-c", SETUP, "sh", installed]);
    for (const [path, mode, content] of [
      ["/etc/interlock/interlock.env", "0600", await environmentFile()],
      ["/etc/nginx/conf.d/interlock.conf", "0644", readFileSync("infra/workerd/nginx.conf")],
    ] as const)
      await machine.write({ ...root, path, mode, content });
    service = start();
    proxy = startProcess([...machine.enter(), "nginx", "-g", "daemon off;"]);
    await ready();
  });
  afterAll(async () => {
    await proxy.end();
    await service.end();
    await machines[Symbol.asyncDispose]();
    rmSync(installed, { recursive: true });
  });

  /** As systemd does: the environment from its file, the unit's own command, no rights. */
  const start = (): RunningProcess =>
    startProcess([
      ...machine.enter(),
      "sh",
      "-c",
      `set -a; . ${directive("EnvironmentFile")}; exec setpriv --reuid interlock --regid interlock --clear-groups --no-new-privs ${directive("ExecStart")}`,
    ]);
  const curl = async (path: string, ...args: readonly string[]): Promise<string> =>
    machine.exec([
      "curl",
      "-sS",
      "--max-time",
      "10",
      "--cacert",
      "/etc/interlock/tls/public.pem",
      "--resolve",
      `${SERVER}:443:127.0.0.1`,
      ...args,
      `https://${SERVER}${path}`,
    ]);
  const ready = async (): Promise<void> => {
    for (let tries = 0; tries < 60; tries++) {
      if ((await curl("/readyz").catch(() => "")).includes('"ready"')) return;
      await sleep(100);
    }
    throw new Error([...service.lines, ...proxy.lines, await curl("/readyz").catch(String)].join("\n"));
  };
  const admin = ["-H", `Authorization: Bearer ${ADMIN_TOKEN}`];
  const certificates = async (): Promise<string> => curl("/v1/clusters/mq/certificates", ...admin);
  const events = async (serial: string): Promise<string> =>
    curl(`/v1/clusters/mq/certificates/${serial}`, ...admin);

  it("issues behind its TLS proxy, is killed, starts again and finds everything", async () => {
    const { token } = JSON.parse(
      await curl("/v1/clusters/mq/tokens", ...admin, "--json", JSON.stringify({ node: NODE })),
    ) as { token: string };
    const { csrPem } = await makeCsr();
    await machine.write({ ...root, path: "/root/node.csr", mode: "0600", content: csrPem });
    const ask = ["-H", `Authorization: Bearer ${token}`, "--data-binary", "@/root/node.csr"];
    const issued = JSON.parse(await curl(`/v1/clusters/mq/nodes/${NODE}/bundle`, ...ask)) as {
      chain: string;
      certificate: { serial: string };
      renewal: { url: string };
    };
    expect(issued.renewal.url).toBe(`https://${SERVER}/v1/clusters/mq/nodes/${NODE}/bundle`);
    const before = [await certificates(), await events(issued.certificate.serial)];

    await machine.exec(["pkill", "-KILL", "-x", "workerd"]);
    await service.end();
    service = start();
    await ready();
    expect([await certificates(), await events(issued.certificate.serial)]).toEqual(before);
    const again = JSON.parse(await curl(`/v1/clusters/mq/nodes/${NODE}/bundle`, ...ask)) as typeof issued;
    expect(again.chain).toBe(issued.chain);
  });

  it("is reached through the proxy alone", async () => {
    expect(await machine.exec(["sh", "-c", "ss -Hltn 'sport = :8787'"])).toContain("127.0.0.1:8787");
  });

  it("keeps its ledger from everybody else", async () => {
    expect(await machine.exec(["stat", "-c", "%a %U", "/var/lib/interlock/ledger"])).toBe("700 interlock\n");
  });
});

const SETUP = `set -eu
useradd --system interlock
mkdir -p /opt /etc/interlock/tls && cp -rp "$1" /opt/interlock
install -d -m 0700 -o interlock -g interlock /var/lib/interlock /var/lib/interlock/ledger
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=proxy \\
  -addext subjectAltName=DNS:${SERVER} -keyout /etc/interlock/tls/public.key -out /etc/interlock/tls/public.pem
rm -f /etc/nginx/sites-enabled/default
`;

/** A line a variable, JSON in single quotes, as the documentation says. */
const environmentFile = async (): Promise<string> =>
  [
    "CA_STORE=embedded",
    `ADMIN_TOKEN='${ADMIN_TOKEN.replaceAll("'", "'\\''")}'`,
    `PUBLIC_ORIGIN=https://${SERVER}`,
    `CLUSTERS='${JSON.stringify({ clusters: { mq: rabbitDefinition() } })}'`,
    `${SECRET}='${JSON.stringify(await makeClusterSecret())}'`,
    "",
  ].join("\n");
