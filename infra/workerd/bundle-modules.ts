import { readdirSync } from "node:fs";

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
