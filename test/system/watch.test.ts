import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCsr } from "../support/csr.ts";
import { codeOf, rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import { shellBlock } from "../support/documentation/shell-block.ts";
import { run } from "../support/process.ts";
import { makeClusterSecret } from "../support/test-ca.ts";

/** What a deployment tells unasked, to a receiver that is a server of its own; and what monitors ask it. */
const NOTIFY_KEY = "a-notification-key-of-the-tests-alone";
const NODE = "rabbit@node-01.nodes.example.internal";
const DAY = 86_400_000;

interface Received {
  readonly body: string;
  readonly signature: string;
}

let receiver: Server;
let status = 200;
const received: Received[] = [];
let deployment: Deployment;
beforeAll(async () => {
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    received.push({ body: await text(request), signature: String(request.headers["interlock-signature"]) });
    response.writeHead(status).end();
  };
  receiver = createServer((request, response) => void take(request, response)).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const address = receiver.address();
  const port = typeof address === "object" ? address?.port : null;
  deployment = await startDeployment({
    definitions: {
      mq: rabbitDefinition(undefined, { certificate: { lifetime: "7d" } }),
    },
    secrets: {
      "interlock/nodes.example.internal": await makeClusterSecret({
        notAfter: new Date(Date.now() + 20 * DAY),
      }),
    },
    variables: { NOTIFY_URL: `http://127.0.0.1:${String(port)}/hook`, NOTIFY_KEY },
  });
});
afterAll(async () => {
  await deployment[Symbol.asyncDispose]();
  receiver.close();
});

const watch = async (): Promise<unknown> =>
  (await (await deployment.administer("/v1/watch", { method: "POST" })).json<{ clusters: unknown }>())
    .clusters;
const kinds = (): readonly string[] =>
  received.splice(0).map(({ body }) => (JSON.parse(body) as { kind: string }).kind);

describe("the work between requests", () => {
  it("tells that the CA ends, signed, and once", async () => {
    expect(await watch()).toMatchObject({ mq: { told: 1, failed: 0 } });
    const [{ body, signature } = { body: "", signature: "" }] = received.splice(0);
    const message = JSON.parse(body) as Record<string, string>;
    expect(message).toMatchObject({ kind: "ca-will-expire", cluster: "mq", threshold: "30d" });
    const [, time = "", mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature) ?? [];
    expect(Math.abs(Number(time) * 1000 - Date.now())).toBeLessThan(60_000);
    expect(createHmac("sha256", NOTIFY_KEY).update(`${time}.${body}`).digest("hex")).toBe(mac);
    const check = shellBlock("docs/operations.md", '"$NOTIFY_KEY"');
    const said = await run([
      "env",
      `t=${time}`,
      `body=${body}`,
      `NOTIFY_KEY=${NOTIFY_KEY}`,
      "sh",
      "-euc",
      check,
    ]);
    expect(said.trim().split(" ").at(-1)).toBe(mac);
    expect(await watch()).toMatchObject({ mq: { told: 0, failed: 0 } });
    expect(received).toEqual([]);
  });
  it("tells of a credential that came with a second key, again until it is taken, and not after a restart", async () => {
    const token = await deployment.mint("mq", { exact: NODE });
    expect((await deployment.askBundle("mq", NODE, token, (await makeCsr()).csrPem)).status).toBe(201);
    const thief = await deployment.askBundle("mq", NODE, token, (await makeCsr()).csrPem);
    expect(await codeOf(thief)).toBe("credential-bound");
    status = 500;
    expect(await watch()).toMatchObject({ mq: { told: 0, failed: 1 } });
    status = 200;
    expect(await watch()).toMatchObject({ mq: { told: 1, failed: 0 } });
    expect(received.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([
      { kind: "credential-bound", node: NODE },
      { kind: "credential-bound", node: NODE },
    ]);
    expect(received.some(({ body }) => body.includes(token))).toBe(false);
    expect(kinds()).toEqual(["credential-bound", "credential-bound"]);
    await deployment.restart("SIGKILL");
    await watch();
    expect(kinds()).toEqual([]);
  });
  it("keeps a CRL ready before anybody asks", async () => {
    const { mq } = (await watch()) as { mq: { crlNextUpdate: string } };
    expect(Date.parse(mq.crlNextUpdate)).toBeGreaterThan(Date.now() + 6 * DAY);
  });
  it("is the administrator's to start", async () => {
    expect((await fetch(`${deployment.origin()}/v1/watch`, { method: "POST" })).status).toBe(401);
  });
});

describe("GET …/expiring", () => {
  it("has what ends within the time, soonest first", async () => {
    const feed = async (query = ""): Promise<unknown> =>
      (await deployment.administer(`/v1/clusters/mq/expiring${query}`)).json();
    expect(await feed()).toMatchObject({
      within: "14d",
      certificates: [{ node: NODE, state: "valid", overdue: false }],
      complete: true,
    });
    expect(await feed("?within=1h")).toEqual({ within: "1h", certificates: [], complete: true });
    expect((await deployment.administer("/v1/clusters/mq/expiring?within=soon")).status).toBe(400);
    expect((await fetch(`${deployment.origin()}/v1/clusters/mq/expiring`)).status).toBe(401);
  });
});

describe("GET /metrics", () => {
  it("has a line for everything that an alarm would be about", async () => {
    const reply = await deployment.administer("/metrics");
    expect(reply.headers.get("Content-Type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const lines = (await reply.text()).split("\n");
    const value = (series: string): number =>
      Number(lines.find((line) => line.startsWith(`${series} `))?.slice(series.length));
    expect(value('interlock_ca_up{cluster="mq"}')).toBe(1);
    expect(value('interlock_ledger_up{cluster="mq"}')).toBe(1);
    expect(value('interlock_certificates{cluster="mq",state="valid"}')).toBe(1);
    expect(value('interlock_nodes{cluster="mq"}')).toBe(1);
    expect(value('interlock_renewals_overdue{cluster="mq"}')).toBe(0);
    expect(value('interlock_generation_laggards{cluster="mq"}')).toBe(0);
    expect(value('interlock_refusals_total{cluster="mq",code="credential-bound"}')).toBe(1);
    expect(value('interlock_ca_expiry_seconds{cluster="mq"}')).toBeGreaterThan(19 * 86_400);
    expect(value('interlock_next_expiry_seconds{cluster="mq"}')).toBeLessThan(7 * 86_400);
    expect(value('interlock_crl_age_seconds{cluster="mq"}')).toBeLessThan(600);
    for (const line of lines.filter((text) => text !== ""))
      expect(line).toMatch(/^(?:# (?:HELP|TYPE) interlock_[a-z_]+ .+|interlock_[a-z_]+\{[^}]+\} -?\d+)$/);
  });
  it("is the administrator's alone", async () => {
    expect((await fetch(`${deployment.origin()}/metrics`)).status).toBe(401);
  });
});
