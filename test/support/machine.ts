import { attempt, run, type Outcome, type ProcessOptions } from "./process.ts";
import { openNamespace, type Namespace } from "./namespace.ts";
import type { Network } from "./network.ts";

/** One computer of a test: real install paths, users and host name of its own, invisible to the real machine. */
export interface Machine {
  /** The host part of its node names, as peers write it: a long name, a short name or an IP literal. */
  readonly host: string;
  readonly address: string;
  /** Its PID 1, as this process sees it. */
  readonly pid: number;
  /** `nsenter` and its arguments, up to the program: for a caller that keeps a process running in the machine. */
  readonly enter: (options?: Entry) => readonly string[];
  /** Runs a program that must succeed and answers its standard output. */
  readonly exec: (argv: readonly string[], options?: ExecOptions) => Promise<string>;
  /** Runs a program whose exit code is part of the test. */
  readonly attempt: (argv: readonly string[], options?: ExecOptions) => Promise<Outcome>;
  readonly write: (file: MachineFile) => Promise<void>;
  /** What the documentation tells a node to do: make the key, then `curl … | tar -xm -C /`. */
  readonly install: (tar: Uint8Array, privateKey: MachineFile) => Promise<void>;
}

export interface Entry {
  /** Default: root. */
  readonly user?: string;
  /** Added to the environment of a fresh login; nothing of the caller's own passes. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface ExecOptions extends Entry, ProcessOptions {}

/** A file as the reply's `privateKey` describes it, with what is in it. */
export interface MachineFile {
  readonly path: string;
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  readonly content: string | Uint8Array;
}

const LOGIN_ENVIRONMENT = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  LANG: "C.UTF-8",
};

export interface MachineSpec {
  readonly host: string;
  readonly address: string;
  /** What `hostname` says: the bare name. */
  readonly bareName: string;
  /** The directory that becomes the machine's `/`, read only. */
  readonly lower: string;
  /** The whole text of `/etc/hosts`. */
  readonly etcHosts: string;
}

/** Opens the namespaces of a machine; they end with this process at the latest. */
export const powerOn = ({ lower, bareName }: MachineSpec): Promise<Namespace> =>
  openNamespace("machine.sh", lower, bareName);

/** Makes a machine of its namespaces: on the network, knowing its peers' names. */
export const bootMachine = async (
  namespace: Namespace,
  spec: MachineSpec,
  network: Network,
): Promise<Machine> => {
  await network.plug(namespace, spec.address);
  const machine = await machineIn(namespace, spec);
  const system = { mode: "0644", owner: "root", group: "root" };
  await machine.write({ ...system, path: "/etc/hosts", content: spec.etcHosts });
  // No name server: what is not in /etc/hosts is unknown at once.
  await machine.write({ ...system, path: "/etc/resolv.conf", content: "" });
  return machine;
};

/** A machine whose namespaces are open already, on whatever network they are. */
export const machineIn = async (
  namespace: Namespace,
  place: Pick<MachineSpec, "host" | "address">,
): Promise<Machine> => {
  const machine = enterable(namespace, place);
  // Tests remove and replace what is in /etc: never on the real root, whatever went wrong above.
  await machine.exec(["grep", "-q", "^interlock / overlay ", "/proc/mounts"]);
  return machine;
};

const enterable = (
  namespace: Namespace,
  { host, address }: Pick<MachineSpec, "host" | "address">,
): Machine => {
  const enter = (entry: Entry = {}): readonly string[] => [...enterNamespace(namespace), ...become(entry)];
  const exec: Machine["exec"] = (argv, options = {}) => run([...enter(options), ...argv], options);
  const write: Machine["write"] = async ({ path, mode, owner, group, content }) => {
    const script = 'install -D -m "$2" -o "$3" -g "$4" /dev/null "$1" && cat >"$1"';
    await exec(["sh", "-c", script, "sh", path, mode, owner, group], { stdin: content });
  };
  return {
    host,
    address,
    pid: namespace.pid,
    enter,
    exec,
    attempt: (argv, options = {}) => attempt([...enter(options), ...argv], options),
    write,
    install: async (tar, privateKey) => {
      await write(privateKey);
      await exec(["tar", "-xm", "-C", "/"], { stdin: tar });
    },
  };
};

const enterNamespace = ({ pid }: Namespace): readonly string[] =>
  `/usr/bin/nsenter --target ${pid} --mount --uts --ipc --net --pid --root --wd`.split(" ");

/** The program has its user and environment, and dies with the `nsenter` that waits for it. */
const become = ({ user, env }: Entry): readonly string[] => [
  ..."/usr/bin/setpriv --pdeathsig KILL".split(" "),
  ...(user === undefined ? [] : ["--reuid", user, "--regid", user, "--init-groups"]),
  ..."/usr/bin/env -i".split(" "),
  ...Object.entries({ ...LOGIN_ENVIRONMENT, ...env }).map(([name, value]) => `${name}=${value}`),
];
