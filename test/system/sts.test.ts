import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort } from "../../infra/workerd/serve.ts";
import { makeCsr, type KeyAndCsr } from "../support/csr.ts";
import { codeOf, rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import type { Listener } from "../support/issuer.ts";
import { motoServer, startMoto, type Moto } from "../support/moto.ts";
import { attempt } from "../support/process.ts";
import { requireOrSkip } from "../support/requirements.ts";
import { ACCOUNT, assumeRole, speakJson, type Credentials } from "../support/sts.ts";

/** `aws-sts` against an STS that is not ours: `moto_server`. The evidence is made by the helper that nodes use, and by botocore. */
const HELPER = "infra/evidence/aws_sts.py";
const INSTANCE = "i-0123456789abcdef0";
const NODE = `rabbit@${INSTANCE}.nodes.example.internal`;

interface Evidence {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** As AWS SDKs sign, for a request that is never sent by them. */
const BOTOCORE = `
import json, sys
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
given = json.load(sys.stdin)
request = AWSRequest("POST", "https://sts.us-east-1.amazonaws.com/", data="Action=GetCallerIdentity&Version=2011-06-15",
    headers={"x-interlock-audience": given["audience"], "x-interlock-csr-sha256": given["csr"]})
SigV4Auth(Credentials(given["id"], given["secret"], given["token"]), "sts", "us-east-1").add_auth(request)
headers = {name.lower(): value for name, value in request.headers.items() if name.lower() != "content-type"}
json.dump({"method": "aws-sts", "region": "us-east-1", "headers": headers}, sys.stdout)
`;

requireOrSkip("moto_server", motoServer)("a signed GetCallerIdentity, and an STS", () => {
  let moto: Moto;
  let sts: Listener;
  let deployment: Deployment;
  let directory: string;
  beforeAll(async () => {
    moto = await startMoto();
    sts = await speakJson(moto.endpoint);
    directory = mkdtempSync(join(tmpdir(), "interlock-sts-"));
    deployment = await startDeployment({
      definitions: {
        mq: rabbitDefinition("nodes.example.internal", {
          bootstrap: [
            {
              method: "aws-sts",
              accounts: [ACCOUNT],
              regions: ["us-east-1"],
              node: "rabbit@{/instanceId}.nodes.example.internal",
              roles: {
                [`arn:aws:sts::${ACCOUNT}:assumed-role/rabbit`]: "rabbit@mq-1.nodes.example.internal",
              },
            },
          ],
        }),
      },
      variables: { AWS_ENDPOINT_URL_STS: sts.origin },
    });
  });
  afterAll(async () => {
    await deployment[Symbol.asyncDispose]();
    await sts[Symbol.asyncDispose]();
    await moto[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  const assume = (role: string, session: string, account?: string): Promise<Credentials> =>
    assumeRole(moto.endpoint, role, session, account);

  const evidenceOf = async (csr: KeyAndCsr, credentials: Credentials): Promise<Evidence> => {
    const file = join(directory, "node.csr");
    writeFileSync(file, csr.csrPem);
    const env = Object.entries(credentials).map(([name, value]) => `${name}=${value}`);
    const audience = `${deployment.origin()}/v1/clusters/mq`;
    const { stdout, stderr } = await attempt([
      "env",
      ...env,
      "python3",
      HELPER,
      "--audience",
      audience,
      "--csr",
      file,
      "--region",
      "us-east-1",
    ]);
    if (stderr !== "") throw new Error(stderr);
    return JSON.parse(stdout) as Evidence;
  };

  const ask = (csr: KeyAndCsr, evidence: unknown, node = NODE): Promise<Response> =>
    fetch(`${deployment.origin()}/v1/clusters/mq/nodes/${node}/bundle`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ csr: csr.csrPem, evidence }),
    });

  it("of an instance's own role gets its certificate, and the same again", async () => {
    const csr = await makeCsr();
    const evidence = await evidenceOf(csr, await assume("aws:ec2-instance", INSTANCE));
    expect((await ask(csr, evidence)).status).toBe(201);
    const again = await ask(csr, evidence);
    expect([again.status, again.headers.get("Idempotent-Replay")]).toEqual([200, "true"]);
  });
  it("speaks for one CSR: a recorded one is no use to another key", async () => {
    const evidence = await evidenceOf(await makeCsr(), await assume("aws:ec2-instance", INSTANCE));
    expect(await codeOf(await ask(await makeCsr(), evidence))).toBe("credential-invalid");
  });
  it("of one instance is no credential for another, of a foreign account none at all", async () => {
    const csr = await makeCsr();
    const other = await evidenceOf(csr, await assume("aws:ec2-instance", "i-0fedcba9876543210"));
    expect(await codeOf(await ask(csr, other))).toBe("node-not-allowed");
    const foreign = await evidenceOf(csr, await assume("aws:ec2-instance", INSTANCE, "999999999999"));
    expect(await codeOf(await ask(csr, foreign))).toBe("credential-invalid");
  });
  it("of a role gets the node that the definition names, signed by a real AWS SDK", async () => {
    const csr = await makeCsr();
    const credentials = await assume("rabbit", "anything");
    const digest = Buffer.from(await crypto.subtle.digest("SHA-256", csr.csrDer)).toString("hex");
    const { stdout, stderr } = await attempt(["python3", "-c", BOTOCORE], {
      stdin: JSON.stringify({
        audience: `${deployment.origin()}/v1/clusters/mq`,
        csr: digest,
        id: credentials.AWS_ACCESS_KEY_ID,
        secret: credentials.AWS_SECRET_ACCESS_KEY,
        token: credentials.AWS_SESSION_TOKEN,
      }),
    });
    expect(stderr).toBe("");
    const reply = await ask(csr, JSON.parse(stdout) as unknown, "rabbit@mq-1.nodes.example.internal");
    expect(await codeOf(reply)).toBe(201);
  });
  it("together with another credential is ambiguous", async () => {
    const csr = await makeCsr();
    const evidence = await evidenceOf(csr, await assume("aws:ec2-instance", INSTANCE));
    const reply = await fetch(`${deployment.origin()}/v1/clusters/mq/nodes/${NODE}/bundle`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: "Bearer x.y.z" },
      body: JSON.stringify({ csr: csr.csrPem, evidence }),
    });
    expect(await codeOf(reply)).toBe("ambiguous-credential");
  });
  it("with a member too many, twice, or a URL of its own is not read", async () => {
    const csr = await makeCsr();
    const evidence = await evidenceOf(csr, await assume("aws:ec2-instance", INSTANCE));
    for (const changed of [
      { ...evidence, url: "https://evil.example" },
      { ...evidence, headers: { ...evidence.headers, host: "evil.example" } },
      { ...evidence, method: "constructor" },
      [evidence],
      null,
    ]) {
      expect(await codeOf(await ask(csr, changed))).toBe("credential-invalid");
    }
  });
  it("is not believed while STS is down, and is believed again when it is back", async () => {
    const csr = await makeCsr();
    const down = await startDeployment({
      definitions: {
        mq: rabbitDefinition("nodes.example.internal", {
          bootstrap: [
            {
              method: "aws-sts",
              accounts: [ACCOUNT],
              regions: ["us-east-1"],
              node: "rabbit@{/instanceId}.nodes.example.internal",
            },
          ],
        }),
      },
      variables: {
        AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${String(await freePort())}`,
        PUBLIC_ORIGIN: deployment.origin(),
      },
    });
    const evidence = await evidenceOf(csr, await assume("aws:ec2-instance", INSTANCE));
    const reply = await fetch(`${down.origin()}/v1/clusters/mq/nodes/${NODE}/bundle`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ csr: csr.csrPem, evidence }),
    });
    expect([reply.status, await codeOf(reply)]).toEqual([503, "issuer-unavailable"]);
    await down[Symbol.asyncDispose]();
    expect((await ask(csr, evidence)).status).toBe(201);
  });
});
