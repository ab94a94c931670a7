import { rmSync } from "node:fs";
import { build } from "esbuild";

/**
 * `npm run build`: the Worker into `dist`, for Cloudflare and for a workerd of one's own alike. Wrangler would bundle into one file
 * that every isolate reads whole; esbuild's splitting puts what `import()` asks for into parts that are run at their first use
 * (docs/adr/0020-lazy-parts.md).
 */

const BUNDLE = "dist";

rmSync(BUNDLE, { recursive: true, force: true });
// Conditions, platform and definitions are wrangler's own, so that packages resolve as in `npm run dev`.
const { metafile } = await build({
  entryPoints: ["src/index.ts"],
  outdir: BUNDLE,
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2024",
  platform: "browser",
  conditions: ["workerd", "worker", "browser"],
  define: { "process.env.NODE_ENV": '"production"', "navigator.userAgent": '"Cloudflare-Workers"' },
  external: ["cloudflare:*", "node:*"],
  minify: true,
  sourcemap: "linked",
  loader: { ".sh": "copy", ".py": "copy" },
  assetNames: "[name]-[hash]",
  // The name that wrangler.toml's rule sends along (`[[rules]]`).
  chunkNames: "part-[hash]",
  metafile: true,
});

/** Parts that only code which fell out would have loaded, such as the SDK's parser of browsers' names. */
const outputs = Object.entries(metafile.outputs);
const imported = new Set(outputs.flatMap(([, { imports }]) => imports.map(({ path }) => path)));
for (const [path] of outputs)
  if (/\/part-[^/]+\.js$/.test(path) && !imported.has(path))
    for (const file of [path, `${path}.map`]) rmSync(file);
