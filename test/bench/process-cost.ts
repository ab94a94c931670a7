import { readdirSync, readFileSync } from "node:fs";

/** CPU milliseconds of a process so far, all its threads, in the kernel and out of it (Linux: `/proc/<pid>/task/<tid>/schedstat`). */
export const cpuMilliseconds = (pid: number): number =>
  readdirSync(`/proc/${String(pid)}/task`).reduce(
    (sum, thread) => sum + nanosecondsOf(`/proc/${String(pid)}/task/${thread}/schedstat`),
    0,
  ) / 1e6;

const nanosecondsOf = (file: string): number => Number(readFileSync(file, "utf8").split(" ")[0]);

/** Resident memory of a process in MiB. */
export const residentMebibytes = (pid: number): number => {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, "utf8"));
  return Number(line?.[1] ?? Number.NaN) / 1024;
};

/** CPU milliseconds that a process spends while something is done. */
export const cpuOf = async (pid: number, work: () => Promise<unknown>): Promise<number> => {
  const before = cpuMilliseconds(pid);
  await work();
  return cpuMilliseconds(pid) - before;
};
