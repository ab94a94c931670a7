import { execFileSync } from "node:child_process";

/** Vitest's global setup of the system project: the suites run what `npm run build` makes, and nothing else. */
export const setup = (): void => {
  execFileSync("npm", ["run", "-s", "build"], { stdio: ["ignore", "ignore", "inherit"] });
};
