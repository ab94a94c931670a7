import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ADMIN_TOKEN, type Definitions } from "../deployment.ts";
import type { Machine } from "../machine.ts";
import { startMachines } from "../machines.ts";
import { startProcess } from "../running-process.ts";
import { openReaderShell, type ReaderShell } from "./reader-shell.ts";
import { NPM_CACHE } from "./npm-cache.ts";
import { CloudFacts, entriesOfThePage } from "./page-evidence.ts";
import type { Situation } from "./situations.ts";

/** Somebody who reads a page, on a machine that is nobody's: a clone, AWS, and https://interlock.example.com, all on its loopback. */
export interface Reader extends AsyncDisposable {
  readonly machine: Machine;
  readonly shell: ReaderShell;
}

export const HOST = "mq-1.nodes.example.internal";
/** Where the clone is, and where every block of a page begins. */
export const CLONE = "/root/interlock";

const ORIGIN = "https://interlock.example.com";
const CLUSTER = "rabbit-prod";
const REPOSITORY = resolve(import.meta.dirname, "../../..");
const AUTHORITY = "/usr/local/share/ca-certificates/authority.pem";
const REGION = "eu-central-1";
const AWS = ["secretsmanager", "kms", "sts"].map((service) => `${service}.${REGION}.amazonaws.com`);
const NAMES = ["interlock.example.com", "iam.amazonaws.com", ...AWS].join(" ");
const MOTO_PORT = "5000";

/** AWS at its own names: a Secrets Manager, an IAM and an STS that are not ours. */
const AWS_CONF = `map $http_accept $aws { default ${MOTO_PORT}; application/json 80; }
server {
  listen 443 ssl;
  server_name ${["iam.amazonaws.com", ...AWS].join(" ")};
  ssl_certificate /etc/interlock/tls/public.pem;
  ssl_certificate_key /etc/interlock/tls/public.key;
  location / { proxy_pass http://127.0.0.1:$aws; proxy_set_header Host $host; }
}`;

const PATH = (process.env["PATH"] ?? "")
  .split(":")
  .filter((folder) => !folder.endsWith("node_modules/.bin"))
  .join(":");

const ENVIRONMENT = {
  PATH: `/usr/local/sbin:${PATH}`,
  // Whoever brings an authority's list of their own must be told of ours.
  NODE_EXTRA_CA_CERTS: AUTHORITY,
  AWS_CA_BUNDLE: "/etc/ssl/certs/ca-certificates.crt",
  npm_config_cache: NPM_CACHE,
  npm_config_prefer_offline: "true",
  npm_config_update_notifier: "false",
};

export const startReader = async (situation: Situation): Promise<Reader> => {
  await using stack = new AsyncDisposableStack();
  const installed = mkdtempSync(join(tmpdir(), "interlock-install-"));
  stack.defer(() => rmSync(installed, { recursive: true }));
  execFileSync(process.execPath, ["infra/workerd/install.ts", "--to", installed]);
  const machines = stack.use(await startMachines([HOST]));
  const machine = machines.at(HOST);
  await machine.exec(["sh", join(REPOSITORY, "test/support/documentation/prepare.sh")], {
    env: { ...ENVIRONMENT, REPOSITORY, CLONE, AUTHORITY, NAMES, AWS_CONF },
  });
  const moto = startProcess([...machine.enter({ env: ENVIRONMENT }), "moto_server", "-p", MOTO_PORT]);
  stack.defer(moto.end);
  await moto.hear((line) => (line.includes("Running on") ? line : null), 30_000);
  const definitions = situation.cloud
    ? await inTheCloud(situation.definitions, machine, stack)
    : situation.definitions;
  const shell = openReaderShell(machine, ENVIRONMENT);
  stack.defer(shell.end);
  await write(machine, `${CLONE}/infra/clusters.json`, JSON.stringify({ clusters: definitions }));
  await mustType(shell, "systemctl start nginx");
  if (situation.deployed) await deploy(machine, shell, definitions, installed);
  await mustType(shell, `cd ${CLONE}\n${situation.before}`);
  const owned = stack.move();
  return { machine, shell, [Symbol.asyncDispose]: () => owned.disposeAsync() };
};

/** Starts the clouds that the machine is in, and has the definition believe them. */
const inTheCloud = async (
  definitions: Definitions,
  machine: Machine,
  stack: AsyncDisposableStack,
): Promise<Definitions> => {
  const env = { MOTO: `http://127.0.0.1:${MOTO_PORT}`, POD_AUDIENCE: `${ORIGIN}/v1/clusters/${CLUSTER}` };
  const program = join(REPOSITORY, "test/support/documentation/cloud.ts");
  const cloud = startProcess([...machine.enter({ env }), process.execPath, program]);
  stack.defer(cloud.end);
  const facts = await cloud.hear(
    (line) => (line.startsWith("{") ? CloudFacts.parse(JSON.parse(line)) : null),
    30_000,
  );
  const definition = definitions[CLUSTER];
  if (definition === undefined) throw new Error(`a cloud is for ${CLUSTER}`);
  return { ...definitions, [CLUSTER]: { ...definition, bootstrap: entriesOfThePage(facts) } };
};

const write = (machine: Machine, path: string, content: string): Promise<void> =>
  machine.write({ path, mode: "0644", owner: "root", group: "root", content });

const mustType = async (shell: ReaderShell, command: string): Promise<void> => {
  const { code, said } = await shell.type(`${command}\n`, 60_000);
  if (code !== 0) throw new Error(`${command}: exit ${String(code)}\n${said}`);
};

/** A CA is confirmed every second: a page that changes one need not wait for the hour that a deployment gives itself. */
const VARIABLES = {
  CA_STORE: "aws",
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "example",
  ADMIN_TOKEN: ADMIN_TOKEN.replaceAll("'", "-"),
  PUBLIC_ORIGIN: ORIGIN,
  CA_CACHE_SECONDS: "1",
  CA_STALE_SECONDS: "2",
};

/** As docs/deploy.md does without Cloudflare. */
const deploy = async (
  machine: Machine,
  shell: ReaderShell,
  definitions: Definitions,
  installed: string,
): Promise<void> => {
  const lines = Object.entries({ ...VARIABLES, CLUSTERS: JSON.stringify({ clusters: definitions }) });
  await write(
    machine,
    "/etc/interlock/interlock.env",
    lines.map(([name, value]) => `${name}='${value}'\n`).join(""),
  );
  const inits = Object.keys(definitions).map(
    (cluster) => `npm run -s interlock -- init --cluster ${cluster} --store aws --out /media/offline`,
  );
  await mustType(
    shell,
    `set -e
cp -r ${installed} /opt/interlock && chmod 0755 /opt/interlock
(cd ${CLONE}; set -a; . /etc/interlock/interlock.env; ${inits.join("; ")})
install -m 0644 ${CLONE}/infra/workerd/interlock.service /etc/systemd/system/
install -m 0644 ${CLONE}/infra/workerd/nginx.conf /etc/nginx/conf.d/interlock.conf
systemctl enable --now interlock
nginx -s reload
curl -fsS --retry 20 --retry-all-errors --retry-delay 1 ${VARIABLES.PUBLIC_ORIGIN}/readyz
set +e`,
  );
};
