import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readCredential } from "../../src/auth/credential.ts";
import { csrAudience } from "../../src/auth/audience.ts";
import { nonceOf } from "../../src/auth/azure-imds/document.ts";
import { sha256, sha256Hex } from "../../src/bytes.ts";
import { makeCsr, type KeyAndCsr } from "../support/csr.ts";
import {
  metadataEnvironment,
  startMetadataService,
  type MetadataService,
} from "../support/metadata-service.ts";
import { attempt, type Outcome } from "../support/process.ts";

/** The scripts of `infra/evidence` against metadata services of each cloud's manners: what they ask for, and what they print. */
const SCRIPTS = "infra/evidence";
const AUDIENCE = "https://interlock.example/v1/clusters/mq";

let csr: KeyAndCsr;
let folder: string;
let file: string;
let metadata: MetadataService;
beforeAll(async () => {
  csr = await makeCsr();
  folder = mkdtempSync(join(tmpdir(), "interlock-evidence-"));
  file = join(folder, "node.csr");
  writeFileSync(file, csr.csrPem);
  metadata = await startMetadataService({
    region: "eu-central-1",
    identityDocument: () => Promise.resolve("MIAGCSqGSIb3DQEH".repeat(8)),
    roleCredentials: () =>
      Promise.resolve({
        AccessKeyId: "ASIAIOSFODNN7EXAMPLE",
        SecretAccessKey: "secret",
        Token: "session/token==",
      }),
    identityToken: (audience) => `header.${Buffer.from(audience).toString("base64url")}.signature`,
    attestedDocument: (nonce) => Promise.resolve(Buffer.from(nonce).toString("base64")),
  });
});
afterAll(async () => {
  await metadata[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  metadata.fault = null;
});

/** A proxy of the machine is not asked for the machine's own secrets. */
const PROXY = { http_proxy: "http://127.0.0.1:1", https_proxy: "http://127.0.0.1:1" };

const start = (
  script: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = metadataEnvironment(metadata.origin),
): Promise<Outcome> => {
  const variables = Object.entries({ ...PROXY, ...environment }).map(([name, value]) => `${name}=${value}`);
  return attempt(["env", ...variables, "sh", `${SCRIPTS}/${script}`, ...args]);
};

const run = async (script: string, ...args: readonly string[]): Promise<string> => {
  const outcome = await start(script, args);
  if (outcome.code !== 0) throw new Error(`${script}: exit ${String(outcome.code)} ${outcome.stderr}`);
  return outcome.stdout;
};

/** As the API reads it. */
const credentialOf = (printed: string): unknown => {
  expect(printed).toMatch(/^[A-Za-z-]+ [^\s]+\n$/);
  const credential = readCredential(printed.trimEnd());
  return credential.ok ? credential.value : credential.error;
};

describe("the evidence of this machine", () => {
  it("aws-iid.sh: the document without its line breaks", async () =>
    expect(credentialOf(await run("aws-iid.sh"))).toEqual({
      scheme: "evidence",
      evidence: { method: "aws-iid", pkcs7: "MIAGCSqGSIb3DQEH".repeat(8) },
    }));
  it("aws-sts.sh: a call signed by the instance's own role, for this CSR", async () => {
    expect(credentialOf(await run("aws-sts.sh", AUDIENCE, file))).toMatchObject({
      scheme: "evidence",
      evidence: {
        method: "aws-sts",
        region: "eu-central-1",
        headers: {
          "x-interlock-audience": AUDIENCE,
          "x-interlock-csr-sha256": await sha256Hex(csr.csrDer),
          "x-amz-security-token": "session/token==",
        },
      },
    });
  });
  it("gcp.sh: a token whose audience names this CSR", async () => {
    const audience = await csrAudience("https://interlock.example", "mq", csr.csrDer);
    expect(credentialOf(await run("gcp.sh", AUDIENCE, file))).toEqual({
      scheme: "bearer",
      token: `header.${Buffer.from(audience).toString("base64url")}.signature`,
    });
  });
  it("azure.sh: a document whose nonce is this CSR's digest", async () => {
    const nonce = nonceOf(await sha256(csr.csrDer));
    expect(credentialOf(await run("azure.sh", file))).toEqual({
      scheme: "evidence",
      evidence: { method: "azure-imds", signature: Buffer.from(nonce).toString("base64") },
    });
  });
  it("kubernetes.sh: the projected token", async () => {
    writeFileSync(join(folder, "token"), "a.b.c\n");
    expect(credentialOf(await run("kubernetes.sh", join(folder, "token")))).toEqual({
      scheme: "bearer",
      token: "a.b.c",
    });
  });
  it("is the same for the agent, which calls every kind with AUDIENCE and CSR", async () => {
    expect(await run("aws-iid.sh", AUDIENCE, file)).toBe(await run("aws-iid.sh"));
    expect(await run("azure.sh", AUDIENCE, file)).toBe(await run("azure.sh", file));
    const outcome = await start("kubernetes.sh", [AUDIENCE, file]);
    expect([outcome.code, outcome.stderr]).toEqual([
      4,
      expect.stringContaining("there is no /var/run/secrets/interlock/token"),
    ]);
  });
});

describe("no evidence", () => {
  const KINDS = [
    ["aws-iid.sh", []],
    ["aws-sts.sh", [AUDIENCE, "CSR"]],
    ["gcp.sh", [AUDIENCE, "CSR"]],
    ["azure.sh", ["CSR"]],
  ] as const;
  const FAULTS = [
    ["refuses", 5, "the metadata service refuses"],
    ["shows a page", 6, "what answers at"],
  ] as const;
  const given = (args: readonly string[]): readonly string[] =>
    args.map((arg) => (arg === "CSR" ? file : arg));
  /** Nothing is printed that could be taken for a credential; what is wrong is said in one plain sentence. */
  const says = ({ code, stdout, stderr }: Outcome, expected: number, why: string): void => {
    expect([code, stdout, stderr]).toEqual([expected, "", expect.stringContaining(why)]);
    expect(stderr).not.toContain("Traceback");
  };

  it("of any kind from a service that never answers, after half a minute", { timeout: 60_000 }, async () => {
    metadata.fault = "hangs";
    const outcomes = await Promise.all(KINDS.map(([script, args]) => start(script, given(args))));
    for (const outcome of outcomes) says(outcome, 4, "there is no answer from");
  });
  for (const [script, args] of KINDS) {
    it.each(FAULTS)(`of ${script} where the service %s`, async (fault, code, why) => {
      metadata.fault = fault;
      says(await start(script, given(args)), code, why);
    });
    it(`of ${script} where nobody listens`, async () =>
      says(
        await start(script, given(args), metadataEnvironment("http://127.0.0.1:1")),
        4,
        "there is no answer from http://127.0.0.1:1",
      ));
    it(`of ${script} from another place: a redirect is not followed`, async () => {
      metadata.fault = "redirects";
      const outcome = await start(script, given(args));
      expect([[5, 6].includes(outcome.code), outcome.stdout]).toEqual([true, ""]);
      expect(metadata.requests).not.toContain("/elsewhere");
    });
  }
  it.each(["gcp.sh", "azure.sh", "aws-sts.sh"])("of %s for a file that is no CSR", async (script) =>
    says(await start(script, [AUDIENCE, "package.json"]), 2, "package.json is no CSR"),
  );
  it("of a token's file that holds none", async () => {
    writeFileSync(join(folder, "page"), "<html></html>\n");
    const outcome = await start("kubernetes.sh", [join(folder, "page")]);
    expect([outcome.code, outcome.stdout]).toEqual([6, ""]);
  });
});

describe("the scripts", () => {
  it.skipIf(spawnSync("shellcheck", ["--version"]).status !== 0)("are clean for shellcheck", async () => {
    const scripts = readdirSync(SCRIPTS).filter((name) => name.endsWith(".sh"));
    expect(scripts.length).toBeGreaterThan(4);
    const found = await attempt(["shellcheck", "-s", "sh", ...scripts.map((name) => `${SCRIPTS}/${name}`)]);
    expect(found.stdout).toBe("");
  });
  it("are run by people who read them: no script is longer than a screen", () => {
    for (const name of readdirSync(SCRIPTS).filter((script) => script.endsWith(".sh")))
      expect(readFileSync(`${SCRIPTS}/${name}`, "utf8").split("\n").length).toBeLessThan(40);
  });
});
