import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { figure, type Figures } from "./target.ts";

/** What every isolate loads of `npm run build`. */
export const measureBundle = (): Figures => ({
  "bundle-size": figure([gzipSync(readFileSync("dist/index.js"), { level: 9 }).length / 1024]),
});
