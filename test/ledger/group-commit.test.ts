import { describe, expect, it } from "vitest";
import {
  CROWD,
  groupCommit,
  MAX_STEPS,
  type StepGroup,
  type StepOutcomes,
} from "../../src/ledger/group-commit.ts";
import type { CompleteRequest } from "../../src/ledger/ledger.ts";
import { issued, reserveRequest } from "../support/ledger-requests.ts";

const LIMIT = 5_000;

/** The object's side, by hand: each group waits until the test answers it. */
const newObject = (gather: () => Promise<void> = () => Promise.resolve()) => {
  const groups: {
    readonly group: StepGroup;
    readonly answer: (outcomes: StepOutcomes) => void;
    readonly fail: (cause: unknown) => void;
  }[] = [];
  const kept: Promise<unknown>[] = [];
  let now = 0;
  const ledger = groupCommit({
    send: (group) =>
      new Promise((answer, fail) => {
        groups.push({ group, answer, fail });
      }),
    gather,
    waitUntil: (work) => void kept.push(work),
    clock: () => now,
    limit: LIMIT,
  });
  return {
    ledger,
    groups,
    kept,
    pass: (milliseconds: number) => (now += milliseconds),
    /** Lets the object say yes to all of a group. */
    land: async (n: number) => {
      const flight = groups[n];
      flight?.answer(good(flight.group));
      await settled();
    },
  };
};

const good = ({ complete, entry, reserve }: StepGroup): StepOutcomes => ({
  complete: complete.map(() => ({ value: issued() })),
  entry: entry.map(() => ({ value: null })),
  reserve: reserve.map(({ plan }) => {
    if (plan?.ok !== true) throw new Error("the tests plan");
    const { serial, tbs } = plan.value;
    return { value: { kind: "fresh", caGeneration: 1, serial, tbs } };
  }),
});

const settled = (): Promise<void> => new Promise((done) => setTimeout(done, 0));
const completion = (serial: string): CompleteRequest => ({
  now: 0,
  serial,
  sha256: "5".repeat(64),
  chain: "c",
});
const serials = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => String(i + 1).padStart(2, "0"));
const reservation = (serial: string) => reserveRequest({ plan: { serial } });
const serialOf = (outcome: Awaited<ReturnType<ReturnType<typeof newObject>["ledger"]["reserve"]>>): string =>
  outcome.kind === "fresh" ? outcome.serial : outcome.kind;

describe("a group commit", () => {
  it("lets a lone request wait for nobody, and outlive its request", async () => {
    const { ledger, groups, kept, land } = newObject();
    const one = ledger.reserve(reservation("01"));
    expect(groups.map(({ group }) => group.reserve.length)).toEqual([1]);
    expect(kept).toHaveLength(1);
    await land(0);
    expect(serialOf(await one)).toBe("01");
  });
  it("gathers what comes while a call is under way, completions first, and answers each its own", async () => {
    const { ledger, groups, land } = newObject();
    const first = ledger.reserve(reservation("01"));
    const others = ["02", "03"].map((serial) => ledger.reserve(reservation(serial)));
    const done = ledger.complete(completion("00"));
    const found = ledger.entry("0e", 7);
    await settled();
    expect(groups).toHaveLength(1);
    await land(0);
    expect(groups[1]?.group).toMatchObject({
      complete: [{ serial: "00" }],
      entry: [{ serial: "0e", now: 7 }],
      reserve: [{}, {}],
    });
    await land(1);
    expect((await Promise.all([first, ...others])).map(serialOf)).toEqual(["01", "02", "03"]);
    expect(await done).toEqual(issued());
    expect(await found).toBeNull();
    expect(groups).toHaveLength(2);
  });
  it("waits for a crowd's next steps, and a lone request still leaves at once", async () => {
    const waits: (() => void)[] = [];
    const { ledger, groups, land } = newObject(() => new Promise((done) => waits.push(done)));
    const crowd = serials(1 + CROWD).map((serial) => ledger.reserve(reservation(serial)));
    await land(0);
    expect(groups.map(({ group }) => group.reserve.length)).toEqual([1, CROWD]);
    const late = ledger.complete(completion("01"));
    await land(1);
    // The call before carried a crowd: this one waits, and the next newcomer is in it.
    expect([groups.length, waits.length]).toEqual([2, 1]);
    const newcomer = ledger.reserve(reservation("newcomer"));
    waits[0]?.();
    await settled();
    expect(groups[2]?.group).toMatchObject({ complete: [{ serial: "01" }], reserve: [{}] });
    await land(2);
    expect((await Promise.all([...crowd, newcomer])).map(serialOf)).toEqual([
      ...serials(1 + CROWD),
      "newcomer",
    ]);
    expect(await late).toEqual(issued());
    const lone = ledger.reserve(reservation("lone"));
    expect([groups.length, waits.length]).toEqual([4, 1]);
    await land(3);
    expect(serialOf(await lone)).toBe("lone");
  });
  it("does not wait for more than a call can carry", async () => {
    const { ledger, groups, land } = newObject(() => new Promise(() => undefined));
    const all = serials(1 + 2 * MAX_STEPS).map((serial) => ledger.reserve(reservation(serial)));
    for (let n = 0; n < 3; n += 1) await land(n);
    await Promise.all(all);
    expect(groups.map(({ group }) => group.reserve.length)).toEqual([1, MAX_STEPS, MAX_STEPS]);
  });
  it("does not make a few callers wait for each other", async () => {
    const { ledger, groups, land } = newObject(() => new Promise(() => undefined));
    for (let n = 0; n < 4; n += 2) {
      const few = serials(CROWD).map((serial) => ledger.reserve(reservation(serial)));
      await land(n);
      await land(n + 1);
      expect((await Promise.all(few)).map(serialOf)).toEqual(serials(CROWD));
    }
    expect(groups.map(({ group }) => group.reserve.length)).toEqual([1, CROWD - 1, 1, CROWD - 1]);
  });
  it("does not wait for a call whose request went down before it left", async () => {
    const waits: (() => void)[] = [];
    const { ledger, groups, pass, land } = newObject(() => new Promise((done) => waits.push(done)));
    const crowd = serials(1 + CROWD).map((serial) => ledger.reserve(reservation(serial)));
    await land(0);
    await land(1);
    await Promise.all(crowd);
    const lost = ledger.reserve(reservation("lost"));
    pass(LIMIT + 1);
    const next = ledger.reserve(reservation("next"));
    waits[1]?.();
    await settled();
    await land(2);
    expect(serialOf(await next)).toBe("next");
    // Its time comes after all, and there is nothing left to send.
    waits[0]?.();
    expect(serialOf(await lost)).toBe("lost");
    expect(groups.map(({ group }) => group.reserve.length)).toEqual([1, CROWD, 2]);
  });
  it("sends each step once, in groups of a bounded size", async () => {
    const { ledger, groups, land } = newObject();
    const all = Array.from({ length: 2 * MAX_STEPS + 1 }, (_, n) => ledger.reserve(reservation(String(n))));
    for (let n = 0; n < 3; n += 1) await land(n);
    expect(groups.map(({ group }) => group.reserve.length)).toEqual([1, MAX_STEPS, MAX_STEPS]);
    expect((await Promise.all(all)).map(serialOf)).toEqual(all.map((_, n) => String(n)));
  });
  it("tells a step's fault to its own request alone", async () => {
    const { ledger, groups, land } = newObject();
    const first = ledger.reserve(reservation("01"));
    const [bad, well] = [ledger.complete(completion("0b")), ledger.complete(completion("0c"))];
    const refused = expect(bad).rejects.toThrow("no such row");
    await land(0);
    groups[1]?.answer({ complete: [{ fault: "no such row" }, { value: null }], entry: [], reserve: [] });
    await refused;
    expect(await well).toBeNull();
    expect(serialOf(await first)).toBe("01");
  });
  it("tells a failed call to all whose steps were in it, and serves the next", async () => {
    const { ledger, groups, land } = newObject();
    const first = ledger.reserve(reservation("01"));
    const failed = expect(first).rejects.toThrow("overloaded");
    groups[0]?.fail(new Error("overloaded"));
    await failed;
    const next = ledger.reserve(reservation("02"));
    await land(1);
    expect(serialOf(await next)).toBe("02");
  });
  it("takes an answer that lacks a step for that step's fault", async () => {
    const { ledger, groups } = newObject();
    const one = expect(ledger.reserve(reservation("01"))).rejects.toThrow("no outcome");
    groups[0]?.answer({ complete: [], entry: [], reserve: [] });
    await one;
  });
  it("does not wait for a call that went down with its request, and sends nothing of it again", async () => {
    const { ledger, groups, pass, land } = newObject();
    const lost = ledger.reserve(reservation("01"));
    pass(LIMIT + 1);
    const next = ledger.reserve(reservation("02"));
    expect(groups.map(({ group }) => group.reserve.length)).toEqual([1, 1]);
    await land(1);
    expect(serialOf(await next)).toBe("02");
    // It was only slow: its own request still hears of it, and the flight under way is not disturbed.
    const third = ledger.reserve(reservation("03"));
    await land(0);
    expect(serialOf(await lost)).toBe("01");
    const fourth = ledger.reserve(reservation("04"));
    expect(groups).toHaveLength(3);
    await land(2);
    await land(3);
    expect((await Promise.all([third, fourth])).map(serialOf)).toEqual(["03", "04"]);
  });
});
