import { describe, expect, it } from "vitest";
import type { StormOptions } from "../storm/plan.ts";
import { isCalm, printReport } from "../storm/report.ts";
import { runStorm } from "../storm/run-storm.ts";

/** `npm run storm`, small: what it does with ten thousand nodes is in docs/scale.md. */
const SMALL: StormOptions = { nodes: 200, clusters: 2, kills: 2, lost: 0.1, spread: 2, seed: 1 };

describe("a boot storm", () => {
  it("over bad lines, with workerd killed in it: everybody is served, nobody twice, and the ledger agrees", async () => {
    const report = await runStorm(SMALL);
    expect([report.findings.duplicates, report.findings.disagreements]).toEqual([[], []]);
    expect(report.findings.unserved).toEqual([]);
    expect(isCalm(report)).toBe(true);

    // The storm was one: replies were lost, the server was killed, machines came again, and calls were repeated.
    expect(report.lostReplies).toBeGreaterThan(0);
    expect(report.kills).toBe(2);
    const held = report.outcomes.flatMap(({ machines }) => machines.flatMap((machine) => machine.held));
    expect(report.outcomes.flatMap(({ calls }) => calls).length).toBeGreaterThan(held.length);
    expect(held.length).toBeGreaterThan(200);
    expect(report.ledger.certificates).toBeGreaterThan(200);
    expect(report.ledger.bytes).toBeGreaterThan(200 * 1000);
    expect(printReport(SMALL, report)).toMatch(/^duplicates +0\ndisagreements +0$/m);
  }, 60_000);
});
