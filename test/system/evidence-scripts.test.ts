import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCredential } from "../../src/auth/credential.ts";
import { csrAudience } from "../../src/auth/audience.ts";
import { nonceOf } from "../../src/auth/azure-imds/document.ts";
import { sha256, sha256Hex } from "../../src/bytes.ts";
import { makeCsr, type KeyAndCsr } from "../support/csr.ts";
import { listen, type Listener } from "../support/issuer.ts";
import { attempt } from "../support/process.ts";

/** The scripts of `infra/evidence` against metadata services of each cloud's manners: what they ask for, and what they print. */
const SCRIPTS = "infra/evidence";
const AUDIENCE = "https://interlock.example/v1/clusters/mq";

let csr: KeyAndCsr;
let folder: string;
let file: string;
let metadata: Listener;
beforeAll(async () => {
  csr = await makeCsr();
  folder = mkdtempSync(join(tmpdir(), "interlock-evidence-"));
  file = join(folder, "node.csr");
  writeFileSync(file, csr.csrPem);
  metadata = await listen(({ method, url = "", headers }, response) => {
    const answer = (allowed: boolean, body: string): void =>
      void response.writeHead(allowed ? 200 : 401).end(allowed ? body : "");
    const { pathname, searchParams } = new URL(url, "http://metadata");
    switch (pathname) {
      case "/latest/api/token":
        return answer(
          method === "PUT" && headers["x-aws-ec2-metadata-token-ttl-seconds"] === "60",
          "session",
        );
      case "/latest/dynamic/instance-identity/rsa2048":
        return answer(headers["x-aws-ec2-metadata-token"] === "session", "MIAGCSqG\nSIb3DQEH\n");
      case "/latest/meta-data/placement/region":
        return answer(headers["x-aws-ec2-metadata-token"] === "session", "eu-central-1");
      case "/latest/meta-data/identity-credentials/ec2/security-credentials/ec2-instance":
        return answer(
          headers["x-aws-ec2-metadata-token"] === "session",
          JSON.stringify({
            AccessKeyId: "ASIAIOSFODNN7EXAMPLE",
            SecretAccessKey: "secret",
            Token: "session/token==",
          }),
        );
      case "/computeMetadata/v1/instance/service-accounts/default/identity":
        return answer(
          headers["metadata-flavor"] === "Google" && searchParams.get("format") === "full",
          `token-for.${Buffer.from(searchParams.get("audience") ?? "").toString("base64url")}`,
        );
      case "/metadata/attested/document":
        return answer(
          headers["metadata"] === "true",
          JSON.stringify({
            encoding: "pkcs7",
            signature: Buffer.from(searchParams.get("nonce") ?? "").toString("base64"),
          }),
        );
      default:
        return answer(false, "");
    }
  });
});
afterAll(async () => {
  await metadata[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const run = async (script: string, ...args: readonly string[]): Promise<string> => {
  const env = [
    `AWS_EC2_METADATA_SERVICE_ENDPOINT=${metadata.origin}`,
    `GCE_METADATA_HOST=${new URL(metadata.origin).host}`,
    `INTERLOCK_AZURE_METADATA=${metadata.origin}`,
    // A proxy of the machine is not asked for the machine's own secrets.
    "http_proxy=http://127.0.0.1:1",
  ];
  const outcome = await attempt(["env", ...env, "sh", `${SCRIPTS}/${script}`, ...args]);
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
      evidence: { method: "aws-iid", pkcs7: "MIAGCSqGSIb3DQEH" },
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
      token: `token-for.${Buffer.from(audience).toString("base64url")}`,
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
  it("is no empty credential where the metadata service refuses", async () => {
    const outcome = await attempt([
      "env",
      `GCE_METADATA_HOST=${new URL(metadata.origin).host}/none`,
      "sh",
      `${SCRIPTS}/gcp.sh`,
      AUDIENCE,
      file,
    ]);
    expect([outcome.code === 0, outcome.stdout]).toEqual([false, ""]);
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
