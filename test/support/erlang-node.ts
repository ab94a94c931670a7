import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openControlChannel } from "./control-channel.ts";
import type { Machine } from "./machine.ts";

/** A running Erlang node, with a control channel that needs no distribution. */
export interface ErlangNode {
  /** What `node()` says. */
  readonly name: string;
  readonly machine: Machine;
  /** Evaluates Erlang expressions; answers a binary as it is and any other value as `~0tp` prints it. */
  readonly eval: (expressions: string) => Promise<string>;
  /** Everything that the node wrote so far. */
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

export interface ErlangNodeOptions {
  /** What becomes `erl` and passes its own arguments on: a product's start script. Default: `erl` itself. */
  readonly program?: readonly string[];
  /** Further arguments of `erl`, such as the node's name. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Who runs it, so that owners and modes of the files count. Default: root. */
  readonly user?: string;
  /** For the user's `.erlang.cookie`; `null` where the bundle brings it. A `-setcookie` goes before either. */
  readonly cookie?: string | null;
}

/** A TLS node waits so many seconds for a plain one to answer; the default is 7. */
const QUICK_REFUSAL = ["-kernel", "net_setuptime", "3"];
/** Where the expressions that load `node_control` look for its source. */
const CONTROL_SOURCE = "/run/node_control.erl";

/** Erlang expressions that load `node_control` into the node that evaluates them. */
export const LOAD_NODE_CONTROL = `{ok, M, Code} = compile:file("${CONTROL_SOURCE}", [binary]), {module, M} = code:load_binary(M, "", Code)`;

/** Starts `erl` in the machine and waits until it is up; rejects with the node's own words if it does not boot. */
export const startErlangNode = async (machine: Machine, options: ErlangNodeOptions): Promise<ErlangNode> => {
  const { program = ["erl"], args = [], user = "root", cookie = "interlock-test" } = options;
  const home = (await machine.exec(["getent", "passwd", user])).split(":")[5] ?? "/";
  const path = `${home}/.erlang.cookie`;
  if (cookie !== null)
    await machine.write({ path, mode: "0400", owner: user, group: "root", content: cookie });
  await installNodeControl(machine);
  const env = { HOME: home, ERL_CRASH_DUMP_BYTES: "0", ...options.env };
  const erl = [
    ...program,
    "-noshell",
    ...QUICK_REFUSAL,
    ...args,
    "-eval",
    `${LOAD_NODE_CONTROL}, M:serve().`,
  ];
  const channel = await openControlChannel([...machine.enter({ user, env }), ...erl]);
  return { name: channel.name, machine, eval: channel.ask, log: channel.log, stop: channel.close };
};

/** Puts the source of `node_control` where `LOAD_NODE_CONTROL` finds it. */
export const installNodeControl = async (machine: Machine): Promise<void> => {
  const content = await readFile(join(import.meta.dirname, "node_control.erl"));
  await machine.write({ path: CONTROL_SOURCE, mode: "0644", owner: "root", group: "root", content });
};
