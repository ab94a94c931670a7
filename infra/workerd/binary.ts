import { createRequire } from "node:module";

const PACKAGES: Readonly<Record<string, string>> = {
  "linux-x64": "linux-64",
  "linux-arm64": "linux-arm64",
  "darwin-x64": "darwin-64",
  "darwin-arm64": "darwin-arm64",
};

/** The path of the binary itself and not of npm's wrapper, so that a signal reaches the server. */
export const workerdBinary = (): string => {
  const require = createRequire(import.meta.url);
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  if (name === undefined) throw new Error(`workerd has no binary for ${process.platform}-${process.arch}`);
  return createRequire(require.resolve("workerd/package.json")).resolve(
    `@cloudflare/workerd-${name}/bin/workerd`,
  );
};
