import { readFileSync } from "node:fs";

/** The part of vitest's JSON report that the closing line is made from. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

// Written by vitest a moment ago.
const report = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Report;
/** Suites that failed before their tests: each counts as one failure. */
const broken = report.testResults.filter(
  ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
);
const skipped = report.numPendingTests > 0 ? `, ${report.numPendingTests} skipped` : "";
console.log(`${report.numPassedTests} passed, ${report.numFailedTests + broken.length} failed${skipped}`);
