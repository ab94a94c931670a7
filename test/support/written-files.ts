import type { Machine } from "./machine.ts";
import { attempt } from "./process.ts";

/** Where `machine.sh` has what the machine wrote: the upper layer of its root. */
const UPPER = "/mnt/upper";

/**
 * Every file that has this text, of all that the machine has written since it was switched on, wherever. What it found in its
 * lower root is not searched: that is this machine's, or a release's.
 */
export const filesWith = async ({ pid }: Machine, text: string): Promise<readonly string[]> => {
  const search = ["grep", "--recursive", "--files-with-matches", "--fixed-strings", "-e", text, UPPER];
  const { code, stdout, stderr } = await attempt(["nsenter", "--target", `${pid}`, "--mount", ...search]);
  if (code > 1) throw new Error(stderr);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((path) => path.slice(UPPER.length))
    .toSorted();
};
