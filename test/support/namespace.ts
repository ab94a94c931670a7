import { join } from "node:path";
import { startProcess } from "./running-process.ts";

/** Linux namespaces that live as long as their PID 1, and that as long as our end of its standard input. */
export interface Namespace {
  /** PID 1, as this process sees it: what `nsenter --target` wants. */
  readonly pid: number;
  readonly close: () => Promise<void>;
}

/** The program and arguments that run a shell script as PID 1 of new namespaces. */
export const UNSHARE = [
  "unshare",
  ..."--mount --uts --ipc --net --pid --fork --kill-child /bin/sh".split(" "),
] as const;
const UNSHARE_ALL_BUT_NETWORK = UNSHARE.filter((flag) => flag !== "--net");
const BOOT_TIMEOUT = 10_000;

/**
 * Unshares and runs a shell script of this folder that prints its PID once it is ready and then waits for the end of
 * its input. When this process ends, killed or not, the pipe closes, PID 1 ends, and the kernel takes with it every
 * process, mount and network device of the namespaces: there is nothing to clean up.
 */
export const openNamespace = (script: string, ...args: readonly string[]): Promise<Namespace> =>
  open(UNSHARE, script, args);

/** As {@link openNamespace}, but on this machine's own network: its loopback is ours. */
export const openNamespaceOnOurNetwork = (script: string, ...args: readonly string[]): Promise<Namespace> =>
  open(UNSHARE_ALL_BUT_NETWORK, script, args);

const open = async (
  unshare: readonly string[],
  script: string,
  args: readonly string[],
): Promise<Namespace> => {
  const init = startProcess([...unshare, join(import.meta.dirname, script), ...args]);
  const pid = await init.hear((line) => (/^\d+$/.test(line) ? Number(line) : null), BOOT_TIMEOUT);
  return { pid, close: init.end };
};
