/**
 * `npm run bench`: what Interlock costs on `workerd serve` with the production bundle. The unit is F, the CPU time of importing a P-256
 * key, verifying and signing in workerd, measured again in every round, so that the machine and whatever else it does fall out of the
 * ratio (docs/performance.md). `-- --quick` takes a minute and leaves the rows about growth out; `-- --only calls` takes one part.
 *
 * Exits with 1 where a target is missed.
 */
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { measureBoot } from "./boot.ts";
import { measureBundle } from "./bundle-size.ts";
import { measureCalls } from "./calls.ts";
import { measureCold } from "./cold.ts";
import { measureGrowth, measureMemory } from "./growth.ts";
import { measureHotLoop, warmKernels } from "./hot.ts";
import { serveKernels } from "./kernel-server.ts";
import { holdOnOneCpu } from "./one-cpu.ts";
import { rowsOf, tableOf, writeResults } from "./report.ts";
import { QUICK, WHOLE } from "./size.ts";
import type { Figures } from "./target.ts";

const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, only: { type: "string", multiple: true } },
});
const size = values.quick ? QUICK : WHOLE;
const say = (text: string): unknown => process.stdout.write(`${text}\n`);

say("building …");
execFileSync("npm", ["run", "-s", "build"], { stdio: ["ignore", "ignore", "inherit"] });
const giveAllBack = holdOnOneCpu();
await using kernels = await serveKernels();
await warmKernels(kernels);

const PARTS: Readonly<Record<string, () => Figures | Promise<Figures>>> = {
  hot: () => measureHotLoop(kernels, size),
  calls: () => measureCalls(kernels, size),
  cold: () => measureCold(size),
  bundle: measureBundle,
  growth: () => measureGrowth(size),
  memory: () => measureMemory(size),
  // The last, and with all that the machine has: no ratio, but seconds of a crowd.
  boot: () => {
    giveAllBack();
    return measureBoot();
  },
};

const measured: Figures[] = [];
for (const [name, measure] of Object.entries(PARTS)) {
  if (values.only?.includes(name) === false) continue;
  say(`measuring: ${name} …`);
  measured.push(await measure());
}

const rows = rowsOf(Object.assign({}, ...measured) as Figures);
say(`\n${tableOf(rows)}\n`);
say(writeResults(rows, new Date(), values.quick));
if (rows.some(({ verdict }) => verdict === "missed")) process.exitCode = 1;
