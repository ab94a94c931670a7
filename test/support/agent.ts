import type { Deployment } from "./deployment.ts";
import { shellBlock } from "./documentation/shell-block.ts";
import { startLoneMachine, type LoneMachine } from "./lone-machine.ts";
import type { Machine } from "./machine.ts";
import type { Outcome } from "./process.ts";

/** A machine as its operator and its agent see it. */
export interface AgentTools {
  /** Runs the agent; both streams are in `said`, in their order. */
  readonly agent: (command: string, ...settings: readonly string[]) => Promise<Outcome & { said: string }>;
  /** Runs a script that must succeed and answers what it printed, less the last newline. */
  readonly shell: (script: string) => Promise<string>;
  /** Gives the node this token from now on. */
  readonly give: (token: string) => Promise<void>;
}

/** A machine with the agent as an operator installs it, and everything of the products that the agent looks at. */
export interface AgentMachine extends LoneMachine, AgentTools {}

export const STATE = "/var/lib/interlock-agent";
export const TOKEN_FILE = "/run/interlock.token";

/** What `docs/node.md` has an operator type at first: to install the agent, and to run it. */
export const [INSTALL = "", BOOTSTRAP = ""] = shellBlock("docs/node.md", "interlock bootstrap").split(
  /^(?=interlock bootstrap )/m,
);
/** The address of the API in the documentation. */
export const DOCUMENTED_ORIGIN = "https://interlock.example.com";

/** A `systemctl` that writes down what it was told. */
export const SYSTEMCTL = `
printf '#!/bin/sh\\necho "$@" >>/run/systemctl.log\\n' >/usr/local/bin/systemctl
chmod 0755 /usr/local/bin/systemctl
`;

const ACCOUNTS = `
for user in rabbitmq emqx mongooseim; do
  id -u $user >/dev/null 2>&1 || useradd --system $user
done
rm -rf /etc/rabbitmq /etc/emqx /etc/mongooseim /etc/interlock
`;

export const agentTools = (machine: Machine, shell: readonly string[] = ["dash"]): AgentTools => ({
  agent: async (...words) => {
    const argv = ["sh", "-c", '"$@" 2>&1', "sh", ...shell, "/usr/local/sbin/interlock", ...words];
    const outcome = await machine.attempt(argv, { timeout: 90_000 });
    return { ...outcome, said: outcome.stdout };
  },
  shell: async (script) => (await machine.exec(["sh", "-eu", "-c", script])).replace(/\n$/, ""),
  give: (content) => machine.write({ path: TOKEN_FILE, mode: "0600", owner: "root", group: "root", content }),
});

export const startAgentMachine = async (
  deployment: Deployment,
  host: string,
  shell?: readonly string[],
): Promise<AgentMachine> => {
  const machine = await startLoneMachine(host);
  const tools = agentTools(machine, shell);
  const install = INSTALL.replaceAll(DOCUMENTED_ORIGIN, deployment.origin());
  await tools.shell(`mkdir -p /run /usr/local/sbin; cd /tmp\n${install}\n${SYSTEMCTL}${ACCOUNTS}`);
  return { ...machine, ...tools };
};

/** The settings of one node, as `/etc/interlock/agent.conf` has them. */
export const configure = (machine: Machine, settings: Readonly<Record<string, string>>): Promise<void> =>
  machine.write({
    path: "/etc/interlock/agent.conf",
    mode: "0644",
    owner: "root",
    group: "root",
    content: Object.entries({ "token-file": TOKEN_FILE, attempts: "2", ...settings })
      .map(([name, value]) => `${name}=${value}\n`)
      .join(""),
  });
