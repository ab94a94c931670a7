import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { workerdBinary } from "./binary.ts";
import { bundleModules } from "./bundle-modules.ts";
import { workerdConfig } from "./config.ts";

/** Lays out everything that a host needs to run Interlock without Cloudflare: `npm run -s workerd -- --to /opt/interlock`. */

/** Everything that `src/env.ts` reads, and `src/env-variables.ts` names. One that the environment does not set is absent to the Worker. */
export const VARIABLES = [
  "CA_STORE",
  "AWS_REGION",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_ENDPOINT_URL",
  "AWS_ENDPOINT_URL_STS",
  "CLUSTERS",
  "ADMIN_TOKEN",
  "ADMINISTRATORS",
  "PUBLIC_ORIGIN",
  "CA_CACHE_SECONDS",
  "CA_STALE_SECONDS",
  "NOTIFY_URL",
  "NOTIFY_KEY",
] as const;

/** What `npm run build` made. */
const BUNDLE = "dist";

const HELP = `npm run -s workerd -- --to DIR [options]

Puts workerd, the bundle and their configuration into DIR. Nothing there holds a secret or changes at run time.

  --to DIR         such as /opt/interlock
  --state DIR      where the ledger is (default /var/lib/interlock)
  --listen ADDR    for the TLS proxy in front (default 127.0.0.1:8787)
  --secret NAME    a variable that holds a cluster's secret, for CA_STORE=embedded; as often as needed
`;

interface Wish {
  readonly to: string;
  readonly state: string;
  readonly listen: string;
  readonly secret: readonly string[];
}

const install = ({ to, state, listen, secret }: Wish): void => {
  // Nothing here is secret, and the service's user is not who installs: a umask of 077 is for other files.
  process.umask(0o022);
  mkdirSync(to, { recursive: true });
  chmodSync(to, 0o755);
  const modules = bundleModules(BUNDLE);
  const config = workerdConfig({
    bundleDirectory: ".",
    modules,
    ledgerDirectory: join(state, "ledger"),
    address: listen,
    variables: [...VARIABLES, ...secret],
  });
  const configFile = join(to, "workerd.capnp");
  writeFileSync(configFile, config);
  chmodSync(configFile, 0o644);
  for (const { name } of modules) copy(join(BUNDLE, name), join(to, name), 0o644);
  copy(workerdBinary(), join(to, "workerd"), 0o755);
};

/** A copy has its source's mode, and a file that was there keeps its own, until it is said. */
const copy = (from: string, to: string, mode: number): void => {
  copyFileSync(from, to);
  chmodSync(to, mode);
};

const main = (): void => {
  const { values } = parseArgs({
    options: {
      to: { type: "string" },
      state: { type: "string", default: "/var/lib/interlock" },
      listen: { type: "string", default: "127.0.0.1:8787" },
      secret: { type: "string", multiple: true, default: [] },
      help: { type: "boolean", default: false },
    },
  });
  if (values.to === undefined || values.help) process.stdout.write(HELP);
  else install({ ...values, to: values.to });
};

if (import.meta.main) main();
