import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";

/** Before the demo and the tests of a bare clone: installs what package-lock.json says, unless it is there already. Runs on any Node from 18 on. */
const installed = "node_modules/.package-lock.json";
const current = existsSync(installed) && statSync(installed).mtimeMs >= statSync("package-lock.json").mtimeMs;
if (!current) {
  console.log("installing the packages of package-lock.json (npm ci) …");
  const { status } = spawnSync("npm", ["ci", "--no-progress", "--loglevel=error"], {
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  process.exit(status ?? 1);
}
