import { describe, expect, it } from "vitest";
import { audit, type Findings, type Machine } from "./audit.ts";
import type { Held } from "./held.ts";
import type { LedgerRow } from "./ledger-rows.ts";

const NODE = "rabbit@mq-0.storm-0.example.internal";
const END = "2026-12-22T12:00:00Z";
const CALM: Findings = { duplicates: [], disagreements: [], unserved: [], orphans: 0 };

const held = (changes: Partial<Held> = {}): Held => ({
  chain: "chain",
  serial: "0a",
  sha256: "b2",
  spkiSha256: "a1",
  notAfter: END,
  ...changes,
});
const machine = (changes: Partial<Machine> = {}): Machine => ({
  cluster: "storm-0",
  node: NODE,
  spkiSha256: "a1",
  held: [held()],
  died: false,
  ...changes,
});
const row = (changes: Partial<LedgerRow> = {}): LedgerRow => ({
  cluster: "storm-0",
  serial: "0a",
  node: NODE,
  state: "valid",
  sha256: "b2",
  spkiSha256: "a1",
  notAfter: END,
  ...changes,
});

describe("the audit of a storm", () => {
  it("finds nothing where both have the same", () => {
    expect(audit([row()], [machine()])).toEqual(CALM);
    expect(audit([row()], [machine({ held: [held(), held()] })])).toEqual(CALM);
  });

  it.each([
    ["another key", { spkiSha256: "a2" }],
    ["another node", { node: "rabbit@mq-1.storm-0.example.internal" }],
    ["another certificate", { sha256: "b3" }],
    ["another end", { notAfter: "2026-12-22T12:00:01Z" }],
  ])("finds that the ledger has %s", (what, changes) => {
    const { disagreements } = audit([row(changes)], [machine()]);
    expect(disagreements).toEqual([`${NODE}: the ledger has ${what}`]);
  });
  it.each(["reserved", "expired", "revoked"] as const)("finds a row that is %s", (state) => {
    const { disagreements } = audit([row({ state })], [machine()]);
    expect(disagreements).toEqual([`${NODE}: the ledger says ${state}`]);
  });
  it("finds a certificate that the ledger has lost, also where another cluster has the serial", () => {
    for (const ledger of [[], [row({ cluster: "storm-1", spkiSha256: "a1" })]])
      expect(audit(ledger, [machine()]).disagreements).toContain(`${NODE}: the ledger has lost 0a`);
  });
  it("finds a row that nobody holds", () => {
    const { disagreements } = audit([row(), row({ serial: "0b", spkiSha256: "a2" })], [machine()]);
    expect(disagreements).toEqual([`${NODE}: nobody has 0b, which is valid`]);
  });
  it("finds a certificate for another key, and a second answer with other bytes", () => {
    expect(audit([row()], [machine({ held: [held({ spkiSha256: "a9" })] })]).disagreements).toEqual([
      `${NODE}: got a certificate for another key`,
    ]);
    const twice = machine({ held: [held(), held({ chain: "other" })] });
    expect(audit([row()], [twice]).disagreements).toEqual([`${NODE}: was answered with other bytes`]);
  });

  it("finds a serial twice, in the ledger and at two nodes", () => {
    const { duplicates } = audit([row(), row({ spkiSha256: "a2" })], [machine(), machine()]);
    expect(duplicates).toEqual(["twice: serial 0a in the ledger", "twice: serial 0a at nodes"]);
  });
  it("finds two certificates for one key, also where a machine has both", () => {
    const both = machine({ held: [held(), held({ serial: "0b" })] });
    for (const one of [machine(), both]) {
      const { duplicates } = audit([row(), row({ serial: "0b" })], [one]);
      expect(duplicates).toEqual(["twice: key a1 in the ledger of storm-0"]);
    }
  });
  it("takes one key in two clusters for two", () => {
    const there = { cluster: "storm-1", serial: "0b" };
    const second = machine({ cluster: "storm-1", held: [held({ serial: "0b" })] });
    expect(audit([row(), row(there)], [machine(), second])).toEqual(CALM);
  });

  it("finds who was never served, and lets the dead rest", () => {
    const nothing = machine({ held: [] });
    expect(audit([], [nothing]).unserved).toEqual([`${NODE}: was never served`]);
    expect(audit([], [{ ...nothing, died: true }])).toEqual(CALM);
    expect(audit([row({ state: "reserved" })], [{ ...nothing, died: true }])).toEqual({
      ...CALM,
      orphans: 1,
    });
  });
});
