import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, serveWorkerd, type RunningWorkerd } from "../../infra/workerd/serve.ts";
import { secretVariable } from "../../src/policy/secret-name.ts";
import { mintWith, type Mint } from "./minting.ts";
import { makeClusterSecret, type ClusterSecret } from "./test-ca.ts";

/** The content of `infra/clusters.json`, as a test writes it. */
export type Definitions = Readonly<
  Record<string, Readonly<Record<string, unknown>> & { readonly ca: { readonly secret: string } }>
>;

export const ADMIN_TOKEN = "an-administrator's-secret-of-the-tests";

/** The production bundle on workerd with its own ledger and the clusters of a test. */
export interface Deployment extends AsyncDisposable {
  readonly origin: () => string;
  readonly secrets: Readonly<Record<string, ClusterSecret>>;
  readonly log: () => string;
  /** Of the server that runs now. */
  readonly pid: () => number;
  /** Where the ledger's files are. */
  readonly stateDirectory: string;
  readonly mint: Mint;
  readonly askBundle: (
    cluster: string,
    node: string,
    token: string,
    csr: BodyInit,
    query?: string,
  ) => Promise<Response>;
  readonly administer: (path: string, init?: RequestInit) => Promise<Response>;
  /** Ends the server; `restart` starts it again. */
  readonly stop: () => Promise<void>;
  /** Kills the server and starts it again on the same ledger. */
  readonly restart: (signal: NodeJS.Signals) => Promise<void>;
}

export interface DeploymentWish {
  readonly definitions: Definitions;
  readonly secrets?: Readonly<Record<string, ClusterSecret>>;
  readonly variables?: Readonly<Record<string, string>>;
  /** `PUBLIC_ORIGIN` is where it listens: web tokens for the cluster need one. */
  readonly publicOrigin?: boolean;
  /** Another bundle than the one that `npm run build` made. */
  readonly bundleDirectory?: string;
}

/** A definition with everything at its default, for a zone of RabbitMQ nodes. */
export const rabbitDefinition = (
  zone = "nodes.example.internal",
  changes: Readonly<Record<string, unknown>> = {},
) => ({
  product: "rabbitmq",
  nodes: { names: ["rabbit", "rabbit<n>"], hosts: [`*.${zone}`] },
  ca: { secret: `interlock/${zone}` },
  bootstrap: [{ method: "token", maxLifetime: "1h" }],
  ...changes,
});

export const startDeployment = async ({
  definitions,
  secrets: given = {},
  variables = {},
  publicOrigin = false,
  bundleDirectory = "dist",
}: DeploymentWish): Promise<Deployment> => {
  const stateDirectory = mkdtempSync(join(tmpdir(), "interlock-test-"));
  const names = Object.values(definitions).map((definition) => definition.ca.secret);
  const made = await Promise.all(
    names.map(async (name) => [name, given[name] ?? (await makeClusterSecret())] as const),
  );
  const secrets = Object.fromEntries(made);
  const port = await freePort();
  const options = {
    port,
    bundleDirectory,
    stateDirectory,
    variables: {
      CA_STORE: "embedded",
      CLUSTERS: JSON.stringify({ clusters: definitions }),
      ADMIN_TOKEN,
      ...(publicOrigin ? { PUBLIC_ORIGIN: `http://127.0.0.1:${String(port)}` } : {}),
      ...Object.fromEntries(made.map(([name, secret]) => [secretVariable(name), JSON.stringify(secret)])),
      ...variables,
    },
  };
  let server: RunningWorkerd = await serveWorkerd(options);
  let earlierLog = "";
  const origin = (): string => server.origin;
  const secretOf = (cluster: string): ClusterSecret => {
    const secret = secrets[definitions[cluster]?.ca.secret ?? ""];
    if (secret === undefined) throw new Error(`the test has no cluster ${cluster}`);
    return secret;
  };
  return {
    origin,
    secrets,
    stateDirectory,
    log: () => earlierLog + server.log(),
    pid: () => server.process.pid ?? Number.NaN,
    mint: mintWith(secretOf, origin),
    askBundle: (cluster, node, token, csr, query = "") =>
      fetch(`${origin()}/v1/clusters/${cluster}/nodes/${encodeURIComponent(node)}/bundle${query}`, {
        method: "POST",
        body: csr,
        headers: {
          Authorization: `Bearer ${token}`,
          "Content-Type": "application/pkcs10",
        },
      }),
    administer: (path, init = {}) =>
      fetch(`${origin()}${path}`, {
        ...init,
        headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, "Content-Type": "application/json" },
      }),
    stop: () => server.stop(),
    restart: async (signal) => {
      await server.stop(signal);
      earlierLog += server.log();
      server = await serveWorkerd(options);
    },
    [Symbol.asyncDispose]: async () => {
      await server.stop("SIGKILL");
      rmSync(stateDirectory, { recursive: true, force: true });
    },
  };
};

/** The code of a problem document, or the status of anything else. */
export const codeOf = async (response: Response): Promise<string | number> => {
  if (response.headers.get("Content-Type") !== "application/problem+json") return response.status;
  return (await response.json<{ code: string }>()).code;
};
