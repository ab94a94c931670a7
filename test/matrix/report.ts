import { basename } from "node:path";
import * as z from "zod";
import type { Root } from "./roots.ts";

const VitestReport = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(
        z.object({ ancestorTitles: z.array(z.string()), title: z.string(), status: z.string() }),
      ),
    }),
  ),
});

/** What each test came to on one root. A key is the test's section and its name in there, in the order of the run. */
export interface Column {
  readonly root: Root;
  readonly results: ReadonlyMap<string, string>;
}

const keyOf = (section: string, test: string): string => `${section}\n${test}`;

/** Reads the JSON report of a vitest run. A suite that broke before its first test is a failed line of its own. */
export const readColumn = (root: Root, json: string): Column => {
  const { testResults } = VitestReport.parse(JSON.parse(json));
  const lines = testResults.flatMap(({ name, status, assertionResults }) => {
    const suite = basename(name, ".test.ts");
    if (assertionResults.length === 0) return [[keyOf(suite, "(the suite itself)"), status] as const];
    return assertionResults.map(({ ancestorTitles: [whole = suite, ...parts], title, status }) => {
      return [keyOf(`${suite}: ${whole}`, [...parts, title].join(" ")), status] as const;
    });
  });
  return { root, results: new Map(lines) };
};

export const allPassed = ({ results }: Column): boolean =>
  results.size > 0 && [...results.values()].every((status) => status === "passed");

/** A Markdown table: a section or a test a line, a root a column. */
export const printTable = (columns: readonly Column[]): string => {
  const keys = [...new Set(columns.flatMap(({ results }) => [...results.keys()]))];
  const line = (name: string, cell: (column: Column) => string): string => row(name, columns.map(cell));
  const sectionLines = (section: string): string[] => {
    const tests = keys.filter((key) => sectionOf(key) === section);
    return [line(`**${section}**`, () => "")].concat(tests.map((key) => line(testOf(key), signOf(key))));
  };
  return [
    line("", head),
    line("---", () => ":-:"),
    ...[...new Set(keys.map(sectionOf))].flatMap(sectionLines),
    line("**passed**", ({ results }) => `**${passed(results)} of ${results.size}**`),
  ].join("\n");
};

const sectionOf = (key: string): string => key.split("\n")[0] ?? key;
const testOf = (key: string): string => key.split("\n")[1] ?? key;

const head = ({ root }: Column): string =>
  `OTP ${root.otp}<br>RabbitMQ ${root.rabbitmq}<br>Debian ${root.release}`;

const signOf =
  (key: string) =>
  ({ results }: Column): string =>
    SIGN[results.get(key) ?? "absent"] ?? "–";

const SIGN: Readonly<Record<string, string>> = { passed: "✓", failed: "**✗**" };

const passed = (results: Column["results"]): number =>
  [...results.values()].filter((status) => status === "passed").length;

const row = (head: string, cells: readonly string[]): string =>
  `| ${[head.replaceAll("|", "\\|"), ...cells].join(" | ")} |`;
