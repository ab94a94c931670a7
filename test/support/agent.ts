import type { Deployment } from "./deployment.ts";
import { startLoneMachine, type LoneMachine } from "./lone-machine.ts";
import type { Outcome } from "./process.ts";

/** A machine with the agent as an operator installs it, and everything of the products that the agent looks at. */
export interface AgentMachine extends LoneMachine {
  /** Runs the agent; both streams are in `said`, in their order. */
  readonly agent: (command: string, ...settings: readonly string[]) => Promise<Outcome & { said: string }>;
  /** Runs a script that must succeed and answers what it printed, less the last newline. */
  readonly shell: (script: string) => Promise<string>;
  /** Gives the node this token from now on. */
  readonly give: (token: string) => Promise<void>;
}

export const STATE = "/var/lib/interlock-agent";
export const TOKEN_FILE = "/run/interlock.token";

/** As the documentation says: the script from the API, its digest compared. And a `systemctl` that writes down what it was told. */
const PREPARE = `
mkdir -p /run /usr/local/sbin
cd /tmp
curl -sSfO "$ORIGIN/v1/agent.sh"
curl -sSf "$ORIGIN/v1/agent.sh.sha256" | sha256sum -c - >/dev/null
install -m 0755 agent.sh /usr/local/sbin/interlock
printf '#!/bin/sh\\necho "$@" >>/run/systemctl.log\\n' >/usr/local/bin/systemctl
chmod 0755 /usr/local/bin/systemctl
for user in rabbitmq emqx mongooseim; do
  id -u $user >/dev/null 2>&1 || useradd --system $user
done
rm -rf /etc/rabbitmq /etc/emqx /etc/mongooseim /etc/interlock
`;

export const startAgentMachine = async (
  deployment: Deployment,
  host: string,
  shell: readonly string[] = ["dash"],
): Promise<AgentMachine> => {
  const machine = await startLoneMachine(host);
  await machine.exec(["sh", "-eu", "-c", PREPARE], { env: { ORIGIN: deployment.origin() } });
  return {
    ...machine,
    agent: async (...words) => {
      const argv = ["sh", "-c", '"$@" 2>&1', "sh", ...shell, "/usr/local/sbin/interlock", ...words];
      const outcome = await machine.attempt(argv, { timeout: 90_000 });
      return { ...outcome, said: outcome.stdout };
    },
    shell: async (script) => (await machine.exec(["sh", "-eu", "-c", script])).replace(/\n$/, ""),
    give: (content) =>
      machine.write({ path: TOKEN_FILE, mode: "0600", owner: "root", group: "root", content }),
  };
};

/** The settings of one node, as `/etc/interlock/agent.conf` has them. */
export const configure = (machine: AgentMachine, settings: Readonly<Record<string, string>>): Promise<void> =>
  machine.write({
    path: "/etc/interlock/agent.conf",
    mode: "0644",
    owner: "root",
    group: "root",
    content: Object.entries({ "token-file": TOKEN_FILE, attempts: "2", ...settings })
      .map(([name, value]) => `${name}=${value}\n`)
      .join(""),
  });
