import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { capability } from "../support/capability.ts";
import { promptLines, stepsOf, type Step } from "../support/documentation/console.ts";
import { pages, readPage } from "../support/documentation/pages.ts";
import { CLONE, startReader, type Reader } from "../support/documentation/reader.ts";
import { saysWhat } from "../support/documentation/shown-output.ts";
import { situationOf, substitute } from "../support/documentation/situations.ts";
import { motoServer } from "../support/moto.ts";
import { requireOrSkip, type Capability } from "../support/requirements.ts";

/** Every line of our pages that starts with `$`, typed as it stands, page by page and from top to bottom. */
const TIMEOUT = 300_000;

/** Nobody's package brings it under one path. */
const awsCommand = (): Capability =>
  spawnSync("aws", ["--version"]).error === undefined
    ? { available: true }
    : { available: false, why: "aws is not on the PATH" };

const placeFor = (page: string): Capability => {
  const probes = [() => capability("documentation"), motoServer, awsCommand, situationOf(page).needs];
  return probes.map((probe) => probe()).find(({ available }) => !available) ?? { available: true };
};

const typed = pages().filter((page) => promptLines(readPage(page)).length > 0);
const suites = typed.map(
  (page) => [page, requireOrSkip(`a place to read ${page}`, () => placeFor(page))] as const,
);

for (const [page, describePage] of suites)
  describePage(page, () => {
    const text = readPage(page);
    const situation = situationOf(page);
    const ran: number[] = [];
    let reader: Reader;
    let broken: Step | null = null;
    beforeAll(async () => {
      reader = await startReader(situation);
    });
    afterAll(() => reader[Symbol.asyncDispose]());

    const type = async ({ line, command, output, opens }: Step): Promise<void> => {
      const words = `${opens ? `cd ${CLONE}\n` : ""}${substitute(command, situation)}`;
      const { code, said } = await reader.shell.type(words, TIMEOUT);
      ran.push(line);
      if (code !== 0) throw new Error(`exit ${String(code)}\n${said}`);
      if (output === null) return;
      const shown = substitute(output, situation);
      if (!saysWhat(shown, said)) expect(said).toBe(shown);
    };

    const steps = stepsOf(text).map((step) => [step.line, step.command.split("\n")[0], step] as const);
    it.each(steps)("line %i: %s", { timeout: TIMEOUT + 10_000 }, async (_line, _words, step) => {
      if (broken !== null) throw new Error(`line ${String(broken.line)} failed, so this one was not typed`);
      broken = step;
      await type(step);
      broken = null;
    });
    it("has no line with a $ that was not typed just now", () => expect(ran).toEqual(promptLines(text)));
  });
