import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";

/** Linux namespaces that live as long as their PID 1, and that as long as our end of its standard input. */
export interface Namespace {
  /** PID 1, as this process sees it: what `nsenter -t` wants. */
  readonly pid: number;
  readonly close: () => Promise<void>;
}

const FLAGS = ["--mount", "--uts", "--ipc", "--net", "--pid", "--fork", "--kill-child"];

/**
 * Unshares and runs a shell script of this folder that prints its PID once it is ready and then waits for the end of its input. When
 * this process ends, killed or not, the pipe closes, PID 1 ends, and the kernel takes with it every process, mount and
 * network device of the namespaces: there is nothing to clean up.
 */
export const openNamespace = async (script: string, ...args: readonly string[]): Promise<Namespace> => {
  const child = spawn("unshare", [...FLAGS, "/bin/sh", join(import.meta.dirname, script), ...args], {
    stdio: "pipe",
  });
  const closed = once(child, "close");
  const complaint = text(child.stderr);
  const lines = createInterface({ input: child.stdout });
  const ready = await Promise.race([once(lines, "line"), closed.then(() => null)]);
  if (ready === null) throw new Error(`unshare ${script}: ${await complaint}`);
  return {
    pid: Number(ready[0]),
    close: async () => {
      child.stdin.end();
      await closed;
    },
  };
};
