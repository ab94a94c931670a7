import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sha256Hex } from "../../src/bytes.ts";
import { makeCsr } from "../support/csr.ts";
import { codeOf, rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import { listen, type Listener } from "../support/issuer.ts";
import { ledgerRows } from "../support/ledger-rows.ts";
import {
  ACCOUNT,
  FORGED_REQUESTS,
  identity,
  INSTANCE,
  REFUSED_ANSWERS,
  ROLE,
  signedHeaders,
  UNAVAILABLE_ANSWERS,
  type Answer,
  type ForgedRequest,
} from "../support/sts-cases.ts";

/** `aws-sts` against the production bundle and a server in AWS's place that answers what it must not be believed. */
const NODE = `rabbit@${INSTANCE}.nodes.example.internal`;

let sts: Listener;
let answer: Answer;
let deployment: Deployment;
beforeAll(async () => {
  sts = await listen((_, response) => {
    const { status, body, location } = answer;
    response.writeHead(status, location === undefined ? {} : { Location: location }).end(body);
  });
  deployment = await startDeployment({
    definitions: {
      mq: rabbitDefinition("nodes.example.internal", {
        bootstrap: [
          {
            method: "aws-sts",
            accounts: [ACCOUNT],
            regions: ["us-east-1", "eu-central-1"],
            node: "rabbit@{/instanceId}.nodes.example.internal",
            roles: { [ROLE]: "rabbit@mq-1.nodes.example.internal" },
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
});
beforeEach(() => {
  answer = identity(`arn:aws:sts::${ACCOUNT}:assumed-role/aws:ec2-instance/${INSTANCE}`);
});

const ask = async ({ change, region = "us-east-1" }: Omit<ForgedRequest, "name">): Promise<Response> => {
  const csr = await makeCsr();
  const world = {
    now: Math.floor(Date.now() / 1000),
    audience: `${deployment.origin()}/v1/clusters/mq`,
    csrSha256: await sha256Hex(csr.csrDer),
  };
  const evidence = { method: "aws-sts", region, headers: signedHeaders(world, change(world)) };
  return fetch(`${deployment.origin()}/v1/clusters/mq/nodes/${NODE}/bundle`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ csr: csr.csrPem, evidence }),
  });
};

const GOOD = { change: () => ({}) };
const rows = (): Readonly<Record<string, number>> => ledgerRows(deployment.stateDirectory);

describe("a signed GetCallerIdentity over HTTP", () => {
  it("is asked of AWS, and its word believed", async () => {
    const before = sts.requests.length;
    expect((await ask(GOOD)).status).toBe(201);
    expect(sts.requests.slice(before)).toEqual(["/"]);
  });
  it.each(FORGED_REQUESTS)("$name is refused: AWS is not asked, and no row written", async (forged) => {
    const before = [sts.requests.length, rows()];
    const reply = await ask(forged);
    expect([reply.status, await codeOf(reply)]).toEqual([401, "credential-invalid"]);
    expect([sts.requests.length, rows()]).toEqual(before);
  });
  it.each(REFUSED_ANSWERS)("with an answer %s is refused, and writes no row", async (_, given) => {
    answer = given;
    const before = rows();
    expect(await codeOf(await ask(GOOD))).toBe("credential-invalid");
    expect(rows()).toEqual(before);
  });
  it.each(UNAVAILABLE_ANSWERS)("with an answer %s may be asked again", async (_, given) => {
    answer = given;
    const before = rows();
    const reply = await ask(GOOD);
    expect([reply.status, await codeOf(reply)]).toEqual([503, "issuer-unavailable"]);
    expect(Number(reply.headers.get("Retry-After"))).toBeGreaterThan(0);
    expect(rows()).toEqual(before);
  });
});
