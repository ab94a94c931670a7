import { startDeployment, type Deployment } from "./deployment.ts";
import {
  caOf,
  COOKIE,
  erlangDefinitions,
  hostsOf,
  IPV6_PAIR,
  makeErlangSecrets,
  nodeOn,
  PAIR,
  startScriptOf,
  STRANGER,
  type ClusterName,
} from "./erlang-clusters.ts";
import { startErlangNode, type ErlangNode, type ErlangNodeOptions } from "./erlang-node.ts";
import type { Machine } from "./machine.ts";
import { startMachines, type Machines } from "./machines.ts";
import { installBundle, requestBundle, type NodeBundle } from "./node-bundle.ts";
import { startScript } from "./start-scripts.ts";
import type { ClusterSecret } from "./test-ca.ts";

/** A bundle at its place. */
export interface Installation {
  readonly machine: Machine;
  readonly cluster: ClusterName;
  readonly bundle: NodeBundle;
}

/** An Interlock with the clusters of `erlang-clusters.ts`, and the machines that their nodes run on. */
export interface ErlangSite extends AsyncDisposable {
  readonly deployment: Deployment;
  readonly at: Machines["at"];
  readonly ca: (cluster: ClusterName) => ClusterSecret;
  /** Requests the machine's bundle, by default with the cluster's own settings, and installs it. */
  readonly install: (machine: Machine, cluster: ClusterName, options?: string) => Promise<Installation>;
  /** Starts what is installed, by default as the product does: as the key's owner, with no cookie but the bundle's. */
  readonly start: (
    installation: Installation,
    script?: Parameters<typeof startScript>[0],
  ) => Promise<ErlangNode>;
  /** Both machines of the cluster: `install`, then `start`. */
  readonly startPair: (
    cluster: ClusterName,
    options?: string,
    otherOptions?: string,
  ) => Promise<readonly [ErlangNode, ErlangNode]>;
  /** A node on the stranger's machine that knows everything of the cluster but how to prove itself: its nodes' names, its cookie. */
  readonly startOutsider: (...args: readonly string[]) => Promise<ErlangNode>;
  /** Stops every node that runs. */
  readonly stopNodes: () => Promise<void>;
}

export const startErlangSite = async (): Promise<ErlangSite> => {
  await using stack = new AsyncDisposableStack();
  const secrets = await makeErlangSecrets();
  const deployment = stack.use(await startDeployment({ definitions: erlangDefinitions, secrets }));
  const machines = stack.use(await startMachines([...PAIR, ...IPV6_PAIR, STRANGER]));
  const running: ErlangNode[] = [];
  const run = async (machine: Machine, options: ErlangNodeOptions): Promise<ErlangNode> => {
    const node = await startErlangNode(machine, options);
    running.push(node);
    return node;
  };

  const install: ErlangSite["install"] = async (machine, cluster, options) => {
    const bundle = await requestBundle(deployment, { cluster, node: nodeOn(machine, cluster), options });
    await installBundle(machine, bundle);
    return { machine, cluster, bundle };
  };
  const start: ErlangSite["start"] = ({ machine, cluster, bundle }, script = startScriptOf(cluster)) =>
    run(machine, {
      program: startScript(script),
      env: { NODE: nodeOn(machine, cluster) },
      user: bundle.privateKey.owner,
      cookie: null,
    });
  const join = async (host: string, cluster: ClusterName, options?: string): Promise<ErlangNode> =>
    start(await install(machines.at(host), cluster, options));
  const site = stack.move();
  return {
    deployment,
    at: machines.at,
    ca: (cluster) => {
      const secret = secrets[caOf(cluster)];
      if (secret === undefined) throw new Error(`there is no CA of ${cluster}`);
      return secret;
    },
    install,
    start,
    startPair: (cluster, options, otherOptions = options) => {
      const [one, two] = hostsOf(cluster);
      return Promise.all([join(one, cluster, options), join(two, cluster, otherOptions)]);
    },
    startOutsider: (...args) =>
      run(machines.at(STRANGER), { args: ["-name", `node9@${STRANGER}`, ...args], cookie: COOKIE }),
    stopNodes: async () => {
      await Promise.all(running.splice(0).map((node) => node.stop()));
    },
    [Symbol.asyncDispose]: () => site.disposeAsync(),
  };
};
