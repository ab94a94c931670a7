import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../workerd/serve.ts";
import { has, run, say } from "./shell.ts";

/** Erlang nodes of the demo, with a port mapper of their own that ends with them. */
export interface Nodes {
  /** Starts a node that stays; `args` are its emulator's. */
  readonly start: (args: readonly string[]) => Promise<void>;
  /** Starts a node that calls on another, and says whether it was let in. */
  readonly callsOn: (args: readonly string[], target: string) => boolean;
  readonly stop: () => Promise<void>;
}

export const hasErlang = (): boolean =>
  has("erl", "-noshell", "-eval", "{module, _} = code:ensure_loaded(inet_tls_dist), halt().");

const START_TIMEOUT_MS = 15_000;

export const startNodes = async (): Promise<Nodes> => {
  const env = {
    ERL_EPMD_PORT: String(await freePort()),
    ERL_EPMD_ADDRESS: "127.0.0.1",
    HOME: "/nonexistent",
  };
  const running: ChildProcess[] = [];
  return {
    start: async (args) => {
      say(`  $ erl -noinput ${args.join(" ")} &`);
      const child = spawn("erl", ["-noinput", ...args, "-eval", 'io:format("up~n")'], {
        env: { ...process.env, ...env },
        stdio: ["ignore", "pipe", "inherit"],
      });
      running.push(child);
      const up = await Promise.race([
        once(child.stdout, "data").then(() => true),
        delay(START_TIMEOUT_MS, false),
      ]);
      if (!up) throw new Error("the Erlang node did not start");
    },
    callsOn: (args, target) => {
      // net_adm:ping/1 answers pong only over a link that both sides have accepted.
      const eval_ = `io:put_chars(atom_to_list(net_adm:ping('${target}'))), halt().`;
      return run("erl", ["-noinput", ...args, "-eval", eval_], { env })
        .toString()
        .trim()
        .endsWith("pong");
    },
    stop: async () => {
      await Promise.all(running.map(async (child) => (child.kill("SIGKILL"), once(child, "exit"))));
      if (running.length > 0)
        run("epmd", ["-kill"], { shown: "epmd -kill", env: { ...env, ERL_EPMD_RELAXED_COMMAND_CHECK: "1" } });
    },
  };
};
