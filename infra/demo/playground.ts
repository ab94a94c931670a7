import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { secretVariable } from "../../src/policy/secret-name.ts";
import { freePort, serveWorkerd, type RunningWorkerd } from "../workerd/serve.ts";
import { run } from "./shell.ts";

/** The clusters of the demo: the one that is shown, and a stranger's with a CA of its own. */
export const CLUSTERS = ["demo", "stranger"] as const;

/** A folder that holds everything of one run, and is gone afterwards. */
export interface Playground {
  readonly folder: string;
  readonly definitions: string;
  /** Where an installed node finds its configuration: the renderers print real paths, so this is one. */
  readonly configDir: string;
  readonly remove: () => void;
}

export const makePlayground = async (): Promise<Playground> => {
  const folder = mkdtempSync(join(tmpdir(), "interlock-demo-"));
  const configDir = join(folder, "etc");
  mkdirSync(configDir);
  const definitions = join(folder, "clusters.json");
  const distribution = await freePort();
  const entries = CLUSTERS.map((id) => [id, definition(id, configDir, distribution)]);
  writeFileSync(definitions, JSON.stringify({ clusters: Object.fromEntries(entries) as unknown }, null, 2));
  return { folder, definitions, configDir, remove: () => rmSync(folder, { recursive: true, force: true }) };
};

/** Nodes `app1`, `app2` … of a release, all on this machine. */
const definition = (id: string, configDir: string, distribution: number): object => ({
  product: "erlang",
  nodes: { names: ["app<n>"], hosts: ["127.0.0.1/32"] },
  ca: { secret: `interlock/${id}` },
  bootstrap: [{ method: "token", maxLifetime: "1h" }],
  render: { configDir, cookie: true, ports: { distribution } },
});

/** `interlock`, as an operator calls it. */
export const interlock = ({ definitions }: Playground, ...args: readonly string[]): string => {
  const [command = "", ...rest] = args;
  const shown = ["npm run -s interlock --", command, ...rest].join(" ");
  return run("node", ["src/cli/interlock.ts", command, "--clusters", definitions, ...rest], {
    shown,
  }).toString();
};

const secretFile = ({ folder }: Playground, cluster: string): string =>
  join(folder, `${cluster}.secret.json`);

/** Makes a cluster's CA and puts its secret where the embedded store of the demo's Worker will find it. */
export const makeCa = (playground: Playground, cluster: string): void => {
  interlock(
    playground,
    "init",
    "--cluster",
    cluster,
    "--cookie",
    "--secret",
    secretFile(playground, cluster),
    "--out",
    playground.folder,
  );
};

export const mint = (playground: Playground, cluster: string, node: string, origin: string): string =>
  interlock(
    playground,
    "token",
    "--cluster",
    cluster,
    "--node",
    node,
    "--origin",
    origin,
    "--secret",
    secretFile(playground, cluster),
  ).trim();

/** The production bundle on workerd, with the embedded store. */
export const startWorker = (playground: Playground): Promise<RunningWorkerd> => {
  run("npm", ["run", "-s", "build"]);
  const secrets = CLUSTERS.map((id): [string, string] => [
    secretVariable(`interlock/${id}`),
    readFileSync(secretFile(playground, id), "utf8"),
  ]);
  return serveWorkerd({
    bundleDirectory: "dist",
    stateDirectory: playground.folder,
    variables: {
      CA_STORE: "embedded",
      CLUSTERS: readFileSync(playground.definitions, "utf8"),
      ...Object.fromEntries(secrets),
    },
  });
};
