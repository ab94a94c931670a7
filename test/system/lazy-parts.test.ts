import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleModules } from "../../infra/workerd/bundle-modules.ts";
import { makeCsr } from "../support/csr.ts";
import { rabbitDefinition, startDeployment } from "../support/deployment.ts";

/** The parts of the bundle that an isolate loads only when it needs them (infra/build.ts): the AWS SDK. */

const NODE = "rabbit@mq-1.nodes.example.internal";

/** Everything that the main module has loaded before it runs: what static imports reach. */
const loadedAtStart = (folder: string, name = "index.js"): readonly string[] => {
  const code = readFileSync(join(folder, name), "utf8");
  const imported = [...code.matchAll(/(?:\bfrom|\bimport)"\.\/(part-[A-Z0-9]+\.js)"/g)];
  return [name, ...imported.flatMap(([, part = ""]) => loadedAtStart(folder, part))];
};

const lazyParts = (folder: string): readonly string[] => {
  const atStart = loadedAtStart(folder);
  return bundleModules(folder)
    .filter(({ name, kind }) => kind === "esModule" && !atStart.includes(name))
    .map(({ name }) => name);
};

let mined: string;
beforeAll(() => {
  mined = mkdtempSync(join(tmpdir(), "interlock-mined-"));
  cpSync("dist", mined, { recursive: true });
  for (const part of lazyParts("dist")) writeFileSync(join(mined, part), 'throw new Error("loaded");\n');
});
afterAll(() => rmSync(mined, { recursive: true, force: true }));

const askOnce = async (variables: Readonly<Record<string, string>>) => {
  await using deployment = await startDeployment({
    definitions: { mq: rabbitDefinition() },
    bundleDirectory: mined,
    variables,
  });
  const token = await deployment.mint("mq", { exact: NODE });
  const { csrDer } = await makeCsr();
  const { status } = await deployment.askBundle("mq", NODE, token, csrDer);
  return { status, log: deployment.log() };
};

describe("a lazy part", () => {
  it("holds the AWS SDK", () => {
    const bytes = lazyParts("dist").map((part) => readFileSync(join("dist", part)).length);
    expect(bytes.reduce((sum, length) => sum + length, 0)).toBeGreaterThan(100_000);
  });
  it("is never loaded for an issuance from the embedded store", async () => {
    expect((await askOnce({ CA_STORE: "embedded" })).status).toBe(201);
  });
  it("is loaded for the first secret from AWS; one that fails is a fault of ours", async () => {
    const { status, log } = await askOnce({
      CA_STORE: "aws",
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    });
    expect(status).toBe(503);
    expect(log).toContain('"cause":"fault"');
  });
});
