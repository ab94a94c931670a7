import { createServer } from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort, writeConfig } from "../../infra/workerd/serve.ts";
import type { ClusterSecret } from "../../src/custody/cluster-secret.ts";
import { secretVariable } from "../../src/policy/secret-name.ts";
import { mintWith } from "../support/minting.ts";
import { makeClusterSecret } from "../support/test-ca.ts";
import { CLUSTER, DEFINITIONS, makeFleet } from "./fleet.ts";
import { load } from "./load.ts";
import { serveConfig, serveModule, type Served } from "./lone-worker.ts";
import { cpuMilliseconds, cpuOf } from "./process-cost.ts";
import type { Size } from "./size.ts";
import { figure, type Figures } from "./target.ts";

const SETTLE_MS = 400;
const EMPTY_WORKER = "export default { fetch: () => new Response() };\n";

/** What a new isolate pays: to start, and to issue for the first time. */
export const measureCold = async ({ coldStarts }: Size): Promise<Figures> => {
  const secret = await makeClusterSecret();
  await using aws = await serveSecret(JSON.stringify(secret));
  const [startUp, embedded, fetched]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < coldStarts; round += 1) {
    const empty = await startUpOfEmpty();
    await using cold = await startCold({ CA_STORE: "embedded", [SECRET]: JSON.stringify(secret) });
    startUp.push(cpuMilliseconds(cold.pid) - empty);
    embedded.push(await firstIssuance(cold, secret));
    await using remote = await startCold({ CA_STORE: "aws", ...AWS, AWS_ENDPOINT_URL: aws.origin });
    fetched.push(await firstIssuance(remote, secret));
  }
  return { "start-up": figure(startUp), "cold-embedded": figure(embedded), "cold-aws": figure(fetched) };
};

const SECRET = secretVariable(DEFINITIONS[CLUSTER].ca.secret);
const AWS = { AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "bench", AWS_SECRET_ACCESS_KEY: "bench" };

const startUpOfEmpty = async (): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), "interlock-empty-"));
  writeFileSync(join(folder, "empty.js"), EMPTY_WORKER);
  await using served = await serveModule(join(folder, "empty.js"));
  rmSync(folder, { recursive: true });
  await delay(SETTLE_MS);
  return cpuMilliseconds(served.pid);
};

const startCold = async (variables: Readonly<Record<string, string>>): Promise<Served> => {
  const stateDirectory = mkdtempSync(join(tmpdir(), "interlock-cold-"));
  const port = await freePort();
  const all = { CLUSTERS: JSON.stringify({ clusters: DEFINITIONS }), ...variables };
  const config = writeConfig({ bundleDirectory: "dist", stateDirectory, variables: all }, port);
  const served = await serveConfig(config, port, all, () => rmSync(stateDirectory, { recursive: true }));
  await delay(SETTLE_MS);
  return served;
};

const firstIssuance = async (cold: Served, secret: ClusterSecret): Promise<number> => {
  const origin = (): string => cold.origin;
  const fleet = await makeFleet({ origin, mint: mintWith(() => secret, origin) }, 1, 0);
  const calls = fleet.map(({ call }) => call);
  return cpuOf(cold.pid, () => load(cold.origin, calls, 201));
};

/** Secrets Manager's one reply: what fetching costs the Worker is the subject, not what it talks to. */
const serveSecret = async (text: string): Promise<AsyncDisposable & { readonly origin: string }> => {
  const port = await freePort();
  const reply = JSON.stringify({
    ARN: "arn:aws:secretsmanager:us-east-1:000000000000:secret:bench",
    Name: "bench",
    VersionId: "00000000-0000-4000-8000-000000000000",
    VersionStages: ["AWSCURRENT"],
    SecretString: text,
  });
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () =>
      response.writeHead(200, { "Content-Type": "application/x-amz-json-1.1" }).end(reply),
    );
  });
  await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening));
  return {
    origin: `http://127.0.0.1:${String(port)}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
};
