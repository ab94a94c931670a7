import { readFileSync } from "node:fs";

/** Prints the closing line of a run from vitest's JSON report. A suite that failed before its tests counts as one failure. */
const report = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
const brokenSuites = report.testResults.filter(
  (file) => file.status === "failed" && file.assertionResults.length === 0,
).length;
const skipped = report.numPendingTests > 0 ? `, ${report.numPendingTests} skipped` : "";
console.log(`${report.numPassedTests} passed, ${report.numFailedTests + brokenSuites} failed${skipped}`);
