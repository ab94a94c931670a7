import { percentile } from "./percentile.ts";
import type { StormOptions } from "./plan.ts";
import type { StormReport } from "./run-storm.ts";
import type { Outcome } from "./simulated-node.ts";

/** Whether everybody was served, nobody twice, and the ledger agrees. */
export const isCalm = ({ findings: { duplicates, disagreements, unserved } }: StormReport): boolean =>
  duplicates.length + disagreements.length + unserved.length === 0;

/** The report as people read it: a line a figure, and of what is wrong the first few in full. */
export const printReport = (options: StormOptions, report: StormReport): string =>
  [...figuresOf(options, report), ...wrongsOf(report)].join("\n");

const figuresOf = (options: StormOptions, report: StormReport): readonly string[] => {
  const { outcomes, findings, ledger, wallTime } = report;
  const calls = outcomes.flatMap(({ calls }) => calls);
  const figures: readonly (readonly [string, string])[] = [
    ["nodes", `${count(options.nodes)} in ${clusters(options)}, booting within ${options.spread} s`],
    ["wall time", `${(wallTime / 1000).toFixed(1)} s`],
    [
      "certificates",
      `${count(ledger.certificates)}, ${(ledger.certificates / (wallTime / 1000)).toFixed(0)} a second`,
    ],
    ["time to certificate", quantiles(outcomes.flatMap(({ servedAfter }) => servedAfter ?? []))],
    [
      "single call",
      quantiles(calls.filter(({ status }) => status !== null).map(({ milliseconds }) => milliseconds)),
    ],
    ["calls", `${count(calls.length)}: ${statuses(outcomes)}`],
    ["repeated", count(calls.length - answersOf(outcomes))],
    ["replies lost", `${count(report.lostReplies)} with a certificate`],
    ["workerd killed", `${report.kills} times, and once more before the comparison`],
    [
      "ledger on disk",
      `${(ledger.bytes / 1e6).toFixed(1)} MB, ${(ledger.bytes / ledger.certificates).toFixed(0)} bytes a certificate`,
    ],
    [
      "left behind",
      `${count(findings.orphans)} certificates of machines that were gone when the answer came`,
    ],
    ["unserved", count(findings.unserved.length)],
    ["duplicates", count(findings.duplicates.length)],
    ["disagreements", count(findings.disagreements.length)],
  ];
  return figures.map(([name, figure]) => `${name.padEnd(22)}${figure}`);
};

const clusters = ({ clusters: n }: StormOptions): string => (n === 1 ? "one cluster" : `${n} clusters`);
const count = (n: number): string => n.toLocaleString("en");

const quantiles = (milliseconds: readonly number[]): string =>
  [0.5, 0.95, 0.99, 1]
    .map(
      (share) =>
        `${share === 1 ? "max" : `p${share * 100}`} ${count(Math.round(percentile(milliseconds, share)))} ms`,
    )
    .join(", ");

/** How often each status came, a broken connection among them. */
const statuses = (outcomes: readonly Outcome[]): string => {
  const all = outcomes.flatMap(({ calls }) => calls.map(({ status }) => status?.toString() ?? "broken"));
  const tally = Object.entries(Object.groupBy(all, (status) => status));
  return tally.map(([status, those = []]) => `${status} ${count(those.length)}`).join(", ");
};

const answersOf = (outcomes: readonly Outcome[]): number =>
  outcomes.flatMap(({ machines }) => machines.flatMap(({ held }) => held)).length;

const SHOWN = 20;

const wrongsOf = ({ findings }: StormReport): readonly string[] => {
  const wrongs = [...findings.duplicates, ...findings.disagreements, ...findings.unserved];
  const more = wrongs.length > SHOWN ? [`… and ${count(wrongs.length - SHOWN)} more`] : [];
  return [...wrongs.slice(0, SHOWN), ...more];
};
