import { basename } from "node:path";
import * as z from "zod";
import type { Root } from "./roots.ts";

const VitestReport = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

/** What each test came to, by `suite file: test name`, on one root. */
export interface Column {
  readonly root: Root;
  readonly results: ReadonlyMap<string, string>;
}

/** Reads the JSON report of a vitest run. A suite that broke before its first test is a failed line of its own. */
export const readColumn = (root: Root, json: string): Column => {
  const { testResults } = VitestReport.parse(JSON.parse(json));
  const lines = testResults.flatMap(({ name, status, assertionResults }) => {
    const tests =
      assertionResults.length === 0 ? [{ fullName: "(the suite itself)", status }] : assertionResults;
    return tests.map((test) => [`${basename(name, ".test.ts")}: ${test.fullName}`, test.status] as const);
  });
  return { root, results: new Map(lines) };
};

export const allPassed = ({ results }: Column): boolean =>
  results.size > 0 && [...results.values()].every((status) => status === "passed");

/** A Markdown table: a test a line, a root a column. */
export const printTable = (columns: readonly Column[]): string => {
  const tests = [...new Set(columns.flatMap(({ results }) => [...results.keys()]))];
  const heads = columns.map(
    ({ root }) => `OTP ${root.otp}<br>RabbitMQ ${root.rabbitmq}<br>Debian ${root.release}`,
  );
  return [
    row("Test", heads),
    row(
      "---",
      columns.map(() => ":-:"),
    ),
    ...tests.map((test) =>
      row(
        test,
        columns.map(({ results }) => SIGN[results.get(test) ?? "absent"] ?? "–"),
      ),
    ),
    row(
      "**passed**",
      columns.map(({ results }) => `**${passed(results)} of ${results.size}**`),
    ),
  ].join("\n");
};

const SIGN: Readonly<Record<string, string>> = { passed: "✓", failed: "**✗**" };

const passed = (results: Column["results"]): number =>
  [...results.values()].filter((status) => status === "passed").length;

const row = (head: string, cells: readonly string[]): string =>
  `| ${[head.replaceAll("|", "\\|"), ...cells].join(" | ")} |`;
