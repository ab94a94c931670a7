import { createHash } from "node:crypto";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { joinTokens } from "../../src/auth/token.ts";
import { parseNodeForm } from "../../src/node/node-form.ts";
import { loadSnapshot } from "../../src/custody/cluster-secret.ts";
import { clusterWith } from "../policy/cluster.ts";
import { clusterWorld, interlock, NOW, type FakeWorld } from "./world.ts";

const ORIGIN = "https://interlock.example.com";
const NODE = "rabbit@mq-1.prod.internal";
const ONE = `token --cluster mq --node ${NODE} --origin ${ORIGIN}`;
/** What `readCsr` takes: one block that holds a SEQUENCE. The rest is judged where the CSR is used. */
const CSR_BASE64 = "MAMCAQA=";
const CSR = `-----BEGIN CERTIFICATE REQUEST-----\n${CSR_BASE64}\n-----END CERTIFICATE REQUEST-----\n`;

let secret = "";
beforeAll(async () => {
  const maker = clusterWorld();
  await interlock("init --cluster mq", maker);
  secret = maker.files.get("mq.secret.json") ?? "";
});

let world: FakeWorld;
beforeEach(() => {
  world = clusterWorld({ "mq.secret.json": secret, "closed.secret.json": secret, "node.csr": CSR });
});

/** What the Worker makes of the token that was printed. */
const principal = async (now = NOW) => {
  const cluster = clusterWith();
  const snapshot = await loadSnapshot(secret, cluster, NOW);
  if (!snapshot.ok) throw new Error(snapshot.error.detail);
  const { tokenKey } = snapshot.value;
  const credential = { scheme: "bearer", token: world.said.out.trim() } as const;
  return await joinTokens.authenticate(credential, {
    cluster,
    csr: new Uint8Array(),
    tokenKey,
    origin: ORIGIN,
    node: NODE,
    now,
  });
};

describe("interlock token", () => {
  it("mints a token that the Worker accepts, and prints nothing else for pipes", async () => {
    expect(await interlock(ONE, world)).toBe(0);
    expect(world.said.out).toMatch(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\n$/);
    expect(await principal()).toMatchObject({
      ok: true,
      value: {
        kind: "token",
        nodes: { exact: NODE },
        uses: 1,
        expiresAt: NOW + 3600,
        expired: false,
        pin: null,
      },
    });
    expect(world.said.err).toContain(`for ${NODE}, for 1h`);
  });

  it("mints one for many nodes of a form", async () => {
    expect(
      await interlock(
        `token --cluster mq --nodes rabbit@*.prod.internal --uses 20 --lifetime 15m --origin ${ORIGIN}`,
        world,
      ),
    ).toBe(0);
    expect(await principal()).toMatchObject({
      ok: true,
      value: { nodes: { form: parseNodeForm("rabbit@*.prod.internal") }, uses: 20, expiresAt: NOW + 900 },
    });
  });

  it("pins a CSR by its DER, and takes the API's address from PUBLIC_ORIGIN", async () => {
    world = clusterWorld(Object.fromEntries(world.files), { PUBLIC_ORIGIN: ORIGIN });
    expect(await interlock(`token --cluster mq --node ${NODE} --csr node.csr`, world)).toBe(0);
    const digest = createHash("sha256").update(Buffer.from(CSR_BASE64, "base64")).digest("hex");
    expect(await principal()).toMatchObject({ ok: true, value: { pin: { csrSha256: digest } } });
  });

  it("gives every token an id of its own", async () => {
    await interlock(ONE, world);
    await interlock(ONE, world);
    const [first, second] = world.said.out.trim().split("\n");
    expect(first).not.toBe(second);
  });

  it.each([
    ["a node that the definition does not have", 1, "--node rabbit@mq-1.test.internal"],
    ["a form beyond the definition", 1, "--nodes rabbit@*.internal --uses 2"],
    ["no node", 2, ""],
    ["a node and a form", 2, `--node ${NODE} --nodes rabbit@*.prod.internal`],
    ["a name that is no node's", 2, "--node mq-1"],
    ["two uses of one node", 2, `--node ${NODE} --uses 2`],
    ["no uses", 2, "--nodes rabbit@*.prod.internal --uses 0"],
    ["uses that are no number", 2, "--nodes rabbit@*.prod.internal --uses many"],
    ["a longer life than the definition allows", 2, `--node ${NODE} --lifetime 2h`],
    ["a CSR that is not there", 1, `--node ${NODE} --csr other.csr`],
    ["a CSR that is none", 1, `--node ${NODE} --csr mq.secret.json`],
  ])("refuses %s", async (_what, exit, options) => {
    expect(await interlock(`token --cluster mq --origin ${ORIGIN} ${options}`.trim(), world)).toBe(exit);
    expect(world.said.out).toBe("");
    expect(world.said.err).toMatch(/^interlock: .{20,}\n$/);
  });

  it.each([
    "https://interlock.example.com/",
    "interlock.example.com",
    "ftp://interlock.example.com",
    "https://a:b@interlock.example.com",
    "https://INTERLOCK.example.com",
  ])("refuses the address %s, which no audience would equal", async (origin) => {
    expect(await interlock(`token --cluster mq --node ${NODE} --origin ${origin}`, world)).toBe(2);
  });

  it("needs the API's address", async () => {
    expect(await interlock(`token --cluster mq --node ${NODE}`, world)).toBe(2);
  });

  it("refuses for a cluster that takes no tokens", async () => {
    expect(await interlock(`token --cluster closed --node ${NODE} --origin ${ORIGIN}`, world)).toBe(1);
  });

  it.each<[string, string | undefined, string]>([
    ["that is not there", undefined, "mq: no secret from the file mq.secret.json (not-found)"],
    ["that is broken", "{}", "the secret is not a cluster secret"],
  ])("refuses with a secret %s", async (_what, text, message) => {
    if (text === undefined) world.files.delete("mq.secret.json");
    else world.files.set("mq.secret.json", text);
    expect(await interlock(ONE, world)).toBe(1);
    expect(world.said.err).toContain(message);
  });

  it("refuses with a CA that has ended: the token would be for nothing", async () => {
    world.now = () => NOW + 1095 * 86_400;
    expect(await interlock(ONE, world)).toBe(1);
  });
});
