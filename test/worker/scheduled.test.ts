import { env } from "cloudflare:workers";
import { createScheduledController } from "cloudflare:test";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { toBase64 } from "../../src/bytes.ts";
import worker from "../../src/index.ts";
import { secretVariable } from "../../src/policy/secret-name.ts";
import { signatureHeader } from "../../src/watch/webhook.ts";
import { makeMaterial } from "../pki/support/authority.ts";
import { DAY } from "../support/ledger-requests.ts";
import { issueIn, ledgerOf, nth, serialOf } from "./support/ledgers.ts";

const DEFINITION = {
  product: "rabbitmq",
  nodes: { names: ["rabbit"], hosts: ["*.prod.internal"] },
  ca: { secret: "interlock/mq" },
  bootstrap: [{ method: "token" }],
};
const NOTIFY_URL = "https://hooks.example.com/interlock";
const NOTIFY_KEY = "a-notification-key-of-the-tests-alone";

const epochSeconds = (): number => Math.floor(Date.now() / 1000);

describe("the schedule", () => {
  let configured: Cloudflare.Env;
  beforeAll(async () => {
    const secret = { version: 1, ...(await makeMaterial()), tokenKey: toBase64(new Uint8Array(32).fill(7)) };
    const variables = {
      CA_STORE: "embedded",
      CLUSTERS: JSON.stringify({ clusters: { mq: DEFINITION } }),
      [secretVariable("interlock/mq")]: JSON.stringify(secret),
      NOTIFY_URL,
      NOTIFY_KEY,
    };
    configured = { ...env, ...variables };
  });
  afterEach(() => vi.unstubAllGlobals());

  const run = async (): Promise<void> => worker.scheduled(createScheduledController(), configured);
  /** Takes the Worker's posts in the receiver's place; answers what came. */
  const receive = (): readonly Request[] => {
    const received: Request[] = [];
    vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
      received.push(new Request(url, init));
      return new Response(null, { status: 204 });
    });
    return received;
  };

  it("makes the CRL of every cluster before anybody asks", async () => {
    await run();
    expect(await ledgerOf("mq").liveCrls(epochSeconds())).toHaveLength(1);
  });
  it("posts that a certificate is not renewed in time, signed, and once", async () => {
    const now = epochSeconds();
    const plan = { notBefore: now - 20 * DAY, renewAfter: now - 2 * DAY, notAfter: now + 8 * DAY };
    await issueIn(ledgerOf("mq"), nth(1, { now, plan }));
    const received = receive();
    await run();
    expect(received.map(({ url, method }) => [method, url])).toEqual([["POST", NOTIFY_URL]]);
    const [post = new Request(NOTIFY_URL)] = received;
    const body = await post.text();
    expect(JSON.parse(body)).toMatchObject({ kind: "not-renewed", cluster: "mq", serial: serialOf(1) });
    const header = post.headers.get("Interlock-Signature") ?? "";
    const time = Number(/^t=(\d+),/.exec(header)?.[1]);
    expect(time).toBeGreaterThanOrEqual(now);
    expect(header).toBe(await signatureHeader(NOTIFY_KEY, time, body));
    await run();
    expect(received).toHaveLength(1);
  });
});
