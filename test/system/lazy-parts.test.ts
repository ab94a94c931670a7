import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import regionCertificates from "../../src/auth/aws-iid/region-certificates.json" with { type: "json" };
import { bundleModules, modulesAtStart } from "../../infra/workerd/bundle-modules.ts";
import { freePort, writeConfig } from "../../infra/workerd/serve.ts";
import { serveConfig } from "../bench/lone-worker.ts";
import { makeCsr } from "../support/csr.ts";
import { rabbitDefinition, startDeployment } from "../support/deployment.ts";

/** The parts of the bundle that an isolate loads only when it needs them (infra/build.ts). */

const NODE = "rabbit@mq-1.nodes.example.internal";

const lazyParts = (folder: string): readonly string[] => {
  const atStart = modulesAtStart(folder);
  return bundleModules(folder)
    .filter(({ name, kind }) => kind === "esModule" && !atStart.includes(name))
    .map(({ name }) => name);
};

const textOf = (names: readonly string[]): string =>
  names.map((name) => readFileSync(join("dist", name), "utf8")).join("\n");

let mined: string;
beforeAll(() => {
  mined = mkdtempSync(join(tmpdir(), "interlock-mined-"));
  cpSync("dist", mined, { recursive: true });
  for (const part of lazyParts("dist")) writeFileSync(join(mined, part), 'throw new Error("loaded");\n');
});
afterAll(() => rmSync(mined, { recursive: true, force: true }));

const startMined = (variables: Readonly<Record<string, string>>) =>
  startDeployment({ definitions: { mq: rabbitDefinition() }, bundleDirectory: mined, variables });

const askOnce = async (variables: Readonly<Record<string, string>>) => {
  await using deployment = await startMined(variables);
  const token = await deployment.mint("mq", { exact: NODE });
  const { csrDer } = await makeCsr();
  const response = await deployment.askBundle("mq", NODE, token, csrDer);
  return { status: response.status, body: await response.text(), log: deployment.log() };
};

/** What is said in a part and in nothing that is loaded at the start. */
const HELD: readonly (readonly [what: string, text: string])[] = [
  ["the AWS SDK", "us-gov-east-1"],
  ["the certificates of AWS's regions", regionCertificates[0]?.certificate ?? "none"],
  ["whom web tokens are believed from", "must be the address of the issuer's keys"],
  ["the administrators' routes", "interlock_renewals_overdue"],
  ["the other forms of a reply", "ustar"],
];

const codeOf = (bundle: string): readonly string[] =>
  bundleModules(bundle).flatMap(({ name, kind }) => (kind === "esModule" ? name : []));

describe("what every isolate compiles", () => {
  it("has no file of 128 KiB, which V8 would move about in the first request (infra/build.ts)", () => {
    const large = codeOf("dist").filter((name) => statSync(join("dist", name)).size >= 128 * 1024);
    expect(large).toEqual([]);
  });
  it("leaves out nothing but lazy parts, and has nothing that nobody loads", () => {
    const all = textOf(codeOf("dist"));
    const unloaded = bundleModules("dist").filter(({ name }) => !all.includes(`"./${name}"`));
    expect(unloaded.map(({ name }) => name)).toEqual(["index.js"]);
  });
});

describe("a lazy part", () => {
  it.each(HELD)("holds %s", (_what, text) => {
    expect(textOf(lazyParts("dist"))).toContain(text);
    expect(textOf(modulesAtStart("dist"))).not.toContain(text);
  });
  it("is never loaded for an issuance by token from the embedded store, with its files in JSON", async () => {
    const { status, body } = await askOnce({ CA_STORE: "embedded" });
    expect(status).toBe(201);
    expect(body).toContain('"files"');
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
  it("is loaded for a definition that names its kind; one that fails is a fault of ours, whatever is asked", async () => {
    const stateDirectory = mkdtempSync(join(tmpdir(), "interlock-mined-state-"));
    const issuer = {
      method: "jwt",
      issuer: "https://id.example",
      jwks: "https://id.example/jwks",
      node: "rabbit@{/sub}.nodes.example.internal",
    };
    const definition = rabbitDefinition(undefined, { bootstrap: [issuer] });
    const variables = { CA_STORE: "embedded", CLUSTERS: JSON.stringify({ clusters: { mq: definition } }) };
    const port = await freePort();
    const config = writeConfig({ bundleDirectory: mined, stateDirectory, variables }, port);
    await using served = await serveConfig(config, port, variables, () =>
      rmSync(stateDirectory, { recursive: true }),
    );
    const response = await fetch(`${served.origin}/healthz`);
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({
      code: "internal",
      requestId: response.headers.get("X-Request-Id"),
    });
  });
  it("is loaded for what else the API does; one that fails is a fault of ours", async () => {
    await using deployment = await startMined({ CA_STORE: "embedded" });
    const response = await fetch(`${deployment.origin()}/v1/clusters/mq/ca.pem`);
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ code: "internal" });
    expect(deployment.log()).toContain('"cause":"Error: loaded"');
  });
});
