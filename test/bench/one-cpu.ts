import { execFileSync } from "node:child_process";

/**
 * Holds this process, and whatever it starts from here on, on one CPU. Threads of one server on two CPUs of a shared machine slow each
 * other down by a quarter and more, and not F: what a figure says would depend on who else runs there (docs/performance.md).
 *
 * Answers what gives all CPUs back: to this process and to what it starts after that.
 */
export const holdOnOneCpu = (): (() => void) => {
  const allowed = taskset();
  taskset(/^\d+/.exec(allowed)?.[0]);
  return () => void taskset(allowed);
};

/** The CPUs that this process could run on, as `0-3,8`; where some are given, it and all its threads may use those only from now on. */
const taskset = (cpus?: string): string => {
  const wish = cpus === undefined ? [] : [cpus];
  const said = execFileSync("taskset", ["-a", "-c", "-p", ...wish, String(process.pid)], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
  });
  const list = /list: (\S+)\n/.exec(said)?.[1];
  if (list === undefined) throw new Error(`taskset of util-linux is needed; this one said: ${said}`);
  return list;
};
