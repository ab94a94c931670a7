import { rmSync } from "node:fs";
import { resolve } from "node:path";
import { build } from "esbuild";
import { shareMain } from "./share-main.ts";

/**
 * `npm run build`: the Worker into `dist`, for Cloudflare and for a workerd of one's own alike. Wrangler would bundle into one file
 * that every isolate reads whole; esbuild's splitting puts what `import()` asks for into parts that are run at their first use
 * (docs/adr/0020-lazy-parts.md).
 */

const BUNDLE = "dist";
const MAIN = "src/index.ts";
/**
 * What these reach is in files of its own, so that none is as large as 128 KiB: V8 would keep the source of such a one among its large
 * young objects, and collect them in the middle of an isolate's first request (2 to 4 ms of it), also where it is a lazy part's.
 */
const CUTS = {
  ledger: "src/ledger/ledger-object.ts",
  environment: "src/env.ts",
  // Of the SDK's own dependencies; the build fails where it has gone.
  sdk: "@smithy/core/schema",
};

rmSync(BUNDLE, { recursive: true, force: true });
// Conditions, platform and definitions are wrangler's own, so that packages resolve as in `npm run dev`.
const { metafile } = await build({
  entryPoints: { index: MAIN, ...CUTS },
  outdir: BUNDLE,
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2024",
  platform: "browser",
  conditions: ["workerd", "worker", "browser"],
  define: { "process.env.NODE_ENV": '"production"', "navigator.userAgent": '"Cloudflare-Workers"' },
  // Event streams are for operations that stream. The SDK asks for them by `import()` where one does, and ours does not.
  external: ["cloudflare:*", "node:*", "@smithy/core/event-streams"],
  minify: true,
  sourcemap: "linked",
  loader: { ".sh": "copy", ".py": "copy" },
  assetNames: "[name]-[hash]",
  // The name that wrangler.toml's rule sends along (`[[rules]]`).
  chunkNames: "part-[hash]",
  metafile: true,
  plugins: [shareMain(resolve(MAIN))],
});

/** What nothing imports: the entries of the cuts, and parts of code that fell out, such as the SDK's parser of browsers' names. */
const outputs = Object.entries(metafile.outputs);
const imported = new Set(outputs.flatMap(([, { imports }]) => imports.map(({ path }) => path)));
for (const [path] of outputs)
  if (path.endsWith(".js") && path !== `${BUNDLE}/index.js` && !imported.has(path))
    for (const file of [path, `${path}.map`]) rmSync(file);
