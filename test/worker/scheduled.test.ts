import { env } from "cloudflare:workers";
import { createScheduledController } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { toBase64 } from "../../src/bytes.ts";
import worker from "../../src/index.ts";
import { remoteLedger } from "../../src/ledger/remote-ledger.ts";
import { secretVariable } from "../../src/policy/secret-name.ts";
import { makeMaterial } from "../pki/support/authority.ts";

const DEFINITION = {
  product: "rabbitmq",
  nodes: { names: ["rabbit"], hosts: ["*.prod.internal"] },
  ca: { secret: "interlock/mq" },
  bootstrap: [{ method: "token" }],
};

describe("the schedule", () => {
  it("makes the CRL of every cluster before anybody asks", async () => {
    const secret = { version: 1, ...(await makeMaterial()), tokenKey: toBase64(new Uint8Array(32).fill(7)) };
    const configured = {
      ...env,
      CA_STORE: "embedded",
      CLUSTERS: JSON.stringify({ clusters: { mq: DEFINITION } }),
      [secretVariable("interlock/mq")]: JSON.stringify(secret),
    };
    await worker.scheduled(createScheduledController(), configured);
    const now = Math.floor(Date.now() / 1000);
    expect(await remoteLedger(env.LEDGER, "mq").liveCrls(now)).toHaveLength(1);
  });
});
