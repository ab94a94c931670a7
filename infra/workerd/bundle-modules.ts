import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One file of a built bundle, under the name by which the others import it. */
export interface BundleModule {
  readonly name: string;
  readonly kind: "esModule" | "text";
}

/** Where the Worker's exports are. */
const MAIN = "index.js";

/** Everything that a built bundle consists of: the main module first, then its lazy parts (`.js`) and what runs on nodes (`.sh`, `.py`). */
export const bundleModules = (bundleDirectory: string): readonly BundleModule[] => {
  const names = readdirSync(bundleDirectory);
  const parts = names.filter((name) => name.endsWith(".js") && name !== MAIN);
  const texts = names.filter((name) => /\.(?:sh|py)$/.test(name));
  return [
    ...[MAIN, ...parts].map((name): BundleModule => ({ name, kind: "esModule" })),
    ...texts.map((name): BundleModule => ({ name, kind: "text" })),
  ];
};

/** What an isolate loads before it serves anything: the main module and all that static imports reach. The rest are lazy parts. */
export const modulesAtStart = (bundleDirectory: string): readonly string[] => {
  const reached = new Set([MAIN]);
  // A set's iterator goes on to what is added meanwhile.
  for (const name of reached)
    for (const part of staticImports(readFileSync(join(bundleDirectory, name), "utf8"))) reached.add(part);
  return [...reached];
};

/** As esbuild writes them when it minifies. */
const staticImports = (code: string): readonly string[] =>
  [...code.matchAll(/(?:\bfrom|\bimport)"\.\/(part-[A-Z0-9]+\.js)"/g)].flatMap(([, part]) => part ?? []);
