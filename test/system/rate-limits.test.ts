import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as wrangler from "wrangler";
import { mintToken, type TokenClaims } from "../../src/auth/mint-token.ts";
import { secretVariable } from "../../src/policy/secret-name.ts";
import { makeCsr } from "../support/csr.ts";
import { codeOf, rabbitDefinition } from "../support/deployment.ts";
import { makeClusterSecret, type ClusterSecret } from "../support/test-ca.ts";

/** The counters of wrangler.toml over HTTP: the production bundle where the platform makes them (plain workerd has none). */
interface Harness {
  readonly listen: () => Promise<{ readonly url: URL }>;
  readonly close: () => Promise<void>;
}

// Wrangler's types name packages that it does not bring, so what it exports has none.
const { createTestHarness } = wrangler as unknown as { createTestHarness: (options: object) => Harness };

const NODE = "rabbit@mq-1.nodes.example.internal";
const BY_IDENTITY = 60;
/** In place of a thousand, which take longer than the minute that they are counted in. */
const BY_ADDRESS = 200;

/** wrangler.toml, with the bundle that was built from it. */
const configFile = (folder: string): string => {
  const text = readFileSync("wrangler.toml", "utf8");
  const fewer = text.replaceAll("limit = 1000", `limit = ${String(BY_ADDRESS)}`);
  expect(fewer).not.toBe(text);
  writeFileSync(
    join(folder, "wrangler.toml"),
    fewer.replace('main = "src/index.ts"', `main = ${JSON.stringify(resolve("src/index.ts"))}`),
  );
  return join(folder, "wrangler.toml");
};

let secret: ClusterSecret;
let harness: Harness;
let folder: string;
let origin: string;
beforeAll(async () => {
  secret = await makeClusterSecret();
  const definition = rabbitDefinition();
  folder = mkdtempSync(join(tmpdir(), "interlock-limits-"));
  harness = createTestHarness({
    workers: [
      {
        configPath: configFile(folder),
        prebuiltWorkerDir: resolve("dist"),
        vars: { CA_STORE: "embedded", CLUSTERS: JSON.stringify({ clusters: { mq: definition } }) },
        secrets: { [secretVariable(definition.ca.secret)]: JSON.stringify(secret) },
      },
    ],
  });
  origin = (await harness.listen()).url.origin;
});
afterAll(async () => {
  await harness.close();
  rmSync(folder, { recursive: true, force: true });
});

const mint = async (node: string): Promise<string> => mintFor({ exact: node }, 1);

const mintFor = async (nodes: TokenClaims["nodes"], uses: number): Promise<string> =>
  mintToken(
    { cluster: "mq", origin, nodes, uses, lifetime: 600, pin: null },
    await crypto.subtle.importKey(
      "raw",
      Buffer.from(secret.tokenKey, "base64"),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign"],
    ),
    Math.floor(Date.now() / 1000),
    crypto.randomUUID().replaceAll("-", ""),
  );

const ask = (address: string, token: string | null, csr: string, node = NODE): Promise<Response> =>
  fetch(`${origin}/v1/clusters/mq/nodes/${node}/bundle?dryRun=true`, {
    method: "POST",
    body: csr,
    headers: {
      "CF-Connecting-IP": address,
      "Content-Type": "application/pkcs10",
      ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
    },
  });

/** Asks, twenty at once, until it is too much, at most for what two minutes admit: the counters begin anew with each. Answers how often it was not. */
const untilTooMuch = async (limit: number, call: () => Promise<Response>): Promise<number> => {
  let admitted = 0;
  while (admitted <= 2 * limit) {
    const replies = await Promise.all(Array.from({ length: 20 }, call));
    const refused = replies.filter(({ status }) => status === 429);
    for (const reply of refused)
      expect([await codeOf(reply), reply.headers.get("Retry-After")]).toEqual(["too-many-requests", "60"]);
    admitted += replies.length - refused.length;
    if (refused.length > 0) return admitted;
  }
  return Number.POSITIVE_INFINITY;
};

describe("a limit over HTTP", () => {
  it("counts a verified identity, whichever address it comes from; no other pays for it, and no forgery counts", async () => {
    const { csrPem } = await makeCsr();
    const token = await mint(NODE);
    for (let n = 0; n < BY_IDENTITY; n++)
      expect((await ask("192.0.2.1", `${token.slice(0, -8)}AAAAAAAA`, csrPem)).status).toBe(401);
    expect((await ask("192.0.2.1", token, csrPem)).status).toBe(200);
    let address = 0;
    const admitted = await untilTooMuch(BY_IDENTITY, () =>
      ask(`198.51.100.${String(address++ % 250)}`, token, csrPem),
    );
    expect(admitted).toBeGreaterThanOrEqual(BY_IDENTITY - 1);
    expect(admitted).toBeLessThanOrEqual(2 * BY_IDENTITY);
    const other = "rabbit@mq-2.nodes.example.internal";
    expect((await ask("192.0.2.1", await mint(other), csrPem, other)).status).toBe(200);
  });
  it("counts each node of a group token by itself: a wave on one token is admitted, one of its nodes too often is not", async () => {
    const { csrPem } = await makeCsr();
    const token = await mintFor({ form: "rabbit@*.nodes.example.internal" }, 1000);
    const askFor = (n: number): Promise<Response> =>
      ask(`198.51.101.${String(n)}`, token, csrPem, `rabbit@wave-${String(n)}.nodes.example.internal`);
    // More than two minutes admit of one identity: the counters may begin anew within the wave.
    for (let n = 0; n < 2 * BY_IDENTITY + 20; n++) expect((await askFor(n)).status).toBe(200);
    const admitted = await untilTooMuch(BY_IDENTITY, () => askFor(7));
    expect(admitted).toBeLessThanOrEqual(2 * BY_IDENTITY);
    expect((await askFor(8)).status).toBe(200);
  });
  it("counts an address before anything else is looked at; another is admitted", async () => {
    const admitted = await untilTooMuch(BY_ADDRESS, () => ask("203.0.113.1", null, ""));
    expect(admitted).toBeGreaterThanOrEqual(BY_ADDRESS);
    expect(admitted).toBeLessThanOrEqual(2 * BY_ADDRESS);
    expect((await ask("203.0.113.2", null, "")).status).toBe(401);
  });
});
