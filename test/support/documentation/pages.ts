import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Every page that somebody may read, by its path from here. */
export const pages = (): readonly string[] =>
  execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.md"], { encoding: "utf8" })
    .trim()
    .split("\n");

export const readPage = (path: string): string => readFileSync(path, "utf8");
