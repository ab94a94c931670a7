import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

/** Asked of esbuild by the plugin itself. */
const RESOLVED = {};

/**
 * Keeps all that the main module reaches in one file. esbuild makes a file of every set of modules that the same parts share, dozens
 * with a few parts; so every lazy part is given an import of the main module, which has run long before any part does, and what the
 * main module reaches is shared by all of them alike.
 */
export const shareMain = (main: string): Plugin => ({
  name: "share-main",
  setup: (build) => {
    const parts = new Set<string>();
    build.onResolve({ filter: /^\./ }, async ({ path, pluginData, ...asked }) => {
      if (asked.kind !== "dynamic-import" || pluginData === RESOLVED) return null;
      const resolved = await build.resolve(path, { ...asked, pluginData: RESOLVED });
      parts.add(resolved.path);
      return resolved;
    });
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) =>
      parts.has(path)
        ? { contents: `${await readFile(path, "utf8")}\nimport ${JSON.stringify(main)};\n`, loader: "ts" }
        : null,
    );
  },
});
