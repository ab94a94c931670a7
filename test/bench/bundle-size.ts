import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { modulesAtStart } from "../../infra/workerd/bundle-modules.ts";
import { figure, type Figures } from "./target.ts";

const BUNDLE = "dist";

/** What every isolate loads of `npm run build`, each file compressed by itself. */
export const measureBundle = (): Figures => {
  const sizes = modulesAtStart(BUNDLE).map(
    (name) => gzipSync(readFileSync(join(BUNDLE, name)), { level: 9 }).length,
  );
  return { "bundle-size": figure([sizes.reduce((sum, size) => sum + size) / 1024]) };
};
