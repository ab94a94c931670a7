import { agentTools, BOOTSTRAP, DOCUMENTED_ORIGIN, INSTALL, SYSTEMCTL, type AgentTools } from "./agent.ts";
import { openRoute } from "./api-route.ts";
import { startDeployment, type Definitions, type Deployment } from "./deployment.ts";
import type { Machine } from "./machine.ts";
import { startMachines } from "./machines.ts";
import { makeClusterSecret } from "./test-ca.ts";

export interface SiteMachine extends Machine, AgentTools {}

/** An Interlock, and machines of a cluster that reach each other, it, and nothing else. */
export interface AgentSite extends AsyncDisposable {
  readonly deployment: Deployment;
  readonly at: (host: string) => SiteMachine;
  /** Installs the agent, as `docs/node.md` says, and gives the machine a token for its node. */
  readonly prepare: (machine: SiteMachine, cluster: string, node: string) => Promise<void>;
  /** Runs the bootstrap of `docs/node.md` as it stands there, for this node; answers what it said. */
  readonly bootstrap: (machine: SiteMachine, cluster: string, node: string) => Promise<string>;
}

export interface SiteWish {
  readonly definitions: Definitions;
  readonly hosts: readonly string[];
  /** Of every cluster. */
  readonly cookie: string;
}

export const startAgentSite = async ({ definitions, hosts, cookie }: SiteWish): Promise<AgentSite> => {
  await using stack = new AsyncDisposableStack();
  const secrets = await secretsOf(definitions, cookie);
  const deployment = stack.use(await startDeployment({ definitions, secrets }));
  const network = stack.use(await startMachines(hosts));
  const machines = new Map<string, SiteMachine>();
  for (const machine of hosts.map(network.at)) {
    stack.use(await openRoute(machine, deployment.origin()));
    machines.set(machine.host, { ...machine, ...agentTools(machine) });
  }
  const at: AgentSite["at"] = (host) => {
    const machine = machines.get(host);
    if (machine === undefined) throw new Error(`no machine was started for ${host}`);
    return machine;
  };
  const here = (script: string): string => script.replaceAll(DOCUMENTED_ORIGIN, deployment.origin());
  const site = stack.move();
  return {
    deployment,
    at,
    prepare: async (machine, cluster, node) => {
      await machine.shell(`cd /root\n${here(INSTALL)}\n${SYSTEMCTL}`);
      await machine.give(await deployment.mint(cluster, { exact: node }));
    },
    bootstrap: (machine, cluster, node) =>
      machine.shell(
        here(BOOTSTRAP).replace("rabbit-prod", cluster).replace("rabbit@mq-1.nodes.example.internal", node),
      ),
    [Symbol.asyncDispose]: () => site.disposeAsync(),
  };
};

const secretsOf = async (definitions: Definitions, cookie: string) =>
  Object.fromEntries(
    await Promise.all(
      Object.values(definitions).map(
        async ({ ca }) => [ca.secret, { ...(await makeClusterSecret()), cookie }] as const,
      ),
    ),
  );
