/**
 * `npm run storm -- --nodes 10000`: a simulated fleet boots at once over bad lines while workerd is killed, and at the end the ledger and
 * the nodes must agree on every certificate. Exits with 1 where they do not. docs/scale.md says what a storm looked like.
 */
import { parseOptions } from "./options.ts";
import { isCalm, printReport } from "./report.ts";
import { runStorm } from "./run-storm.ts";

const options = parseOptions(process.argv.slice(2));
const report = await runStorm(options, (line) => console.error(`storm: ${line}`));
console.log(printReport(options, report));
process.exitCode = isCalm(report) ? 0 : 1;
