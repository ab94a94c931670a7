import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runBatch } from "./batch.ts";
import type { FuzzCase, Target } from "./target.ts";
import { startWorker } from "./watched-worker.ts";

/** The fuzzer itself: one that finds nothing must be able to find. */

const cases = fc
  .uint8Array({ maxLength: 40 })
  .map((octets): FuzzCase => ({ body: Uint8Array.from(octets), seed: "octets", operators: ["any"] }));

const targetOf = (judge: (body: Uint8Array) => Promise<string> | string): Target => ({
  cases,
  judge: async ({ body }) => ({ code: await judge(body), sentence: "" }),
  reach: [],
});

const batch = { seed: 1, runs: 500, limit: null };

describe("a batch", () => {
  test("finds a reader that throws, and the smallest case on which it does", async () => {
    const target = targetOf((body) => {
      if (body.includes(7)) throw new RangeError("seven");
      return "read";
    });
    const { finding } = await runBatch(target, batch, () => undefined);
    expect(finding).toMatchObject({ body: "Bw==", seed: "octets", operators: ["any"] });
    expect(finding?.what).toContain("RangeError: seven");
  });
  test("finds a reader that is slow every time, and forgives one that was slow once", async () => {
    const findingWith = async (milliseconds: readonly number[]) => {
      const [clock, times] = [{ now: 0 }, milliseconds.values()];
      const target = targetOf(() => {
        clock.now += times.next().value ?? 0;
        return "read";
      });
      const limited = { ...batch, runs: 1, limit: 50 };
      return (
        await runBatch(
          target,
          limited,
          () => undefined,
          () => clock.now,
        )
      ).finding;
    };
    expect(await findingWith([50])).toBeNull();
    expect(await findingWith([60, 60, 60, 50])).toBeNull();
    expect((await findingWith([60, 60, 60, 60]))?.what).toContain("takes more than 50 ms");
  });
  test("counts what became of its cases", async () => {
    const target = targetOf((body) => (body.length === 0 ? "empty" : "read"));
    const { tally } = await runBatch(target, batch, () => undefined);
    expect(tally.cases).toBe(500);
    expect(tally.operators).toEqual({ any: 500 });
    expect(Object.keys(tally.outcomes).toSorted()).toEqual(["empty", "read"]);
  });
});

describe("the watch", () => {
  const program = join(import.meta.dirname, "stuck-worker.ts");
  test.each([
    ["hangs", false, "hangs: no end after 1 s"],
    ["dies", true, "kills the thread"],
  ])("finds a case on which the thread %s", async (_, openssl, what) => {
    const worker = await startWorker({ target: "csr", openssl, patience: 1, program });
    const { finding } = await worker.run(batch);
    await worker.close();
    expect(finding?.what).toContain(what);
    expect(finding?.body).toBe("MIA=");
  });
});
