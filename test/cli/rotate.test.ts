import { beforeEach, describe, expect, it } from "vitest";
import { sha256Hex } from "../../src/bytes.ts";
import { readVariable } from "../../src/cli/dev-vars.ts";
import { loadSnapshot, parseClusterSecret } from "../../src/custody/cluster-secret.ts";
import type { CaSnapshot } from "../../src/custody/snapshot.ts";
import { readPem } from "../../src/pki/pem.ts";
import { secretVariable } from "../../src/policy/secret-name.ts";
import { clusterWith } from "../policy/cluster.ts";
import { clusterWorld, interlock, NOW, type FakeWorld } from "./world.ts";

const ADMIN = { ADMIN_TOKEN: "an-administrator's-secret-of-the-tests" };
const ROOT = "--root new/mq.root.pem --root-key new/mq.root.key";
const PUBLISH = "rotate --cluster mq --step publish --out new";
const SIGN = `rotate --cluster mq --step sign --url https://api.example ${ROOT}`;
const RETIRE = "rotate --cluster mq --step retire --url https://api.example";

/** What the API knows of a cluster that is settled and has no node, until a test says otherwise. */
interface FakeApi {
  behind: readonly (readonly string[])[];
  firstSeenAt: number | null;
  asked: string[];
}

let world: FakeWorld;
let api: FakeApi;
beforeEach(async () => {
  world = clusterWorld({}, ADMIN);
  api = { behind: [[]], firstSeenAt: NOW, asked: [] };
  world.fetch = answer;
  await interlock("init --cluster mq --cookie --out old", world);
  world.now = () => NOW + 3600;
});

const answer: FakeWorld["fetch"] = async (url) => {
  const { pathname, searchParams } = new URL(url);
  api.asked.push(`${pathname} ${searchParams.get("behind") ?? ""}`.trim());
  if (pathname.endsWith("/generations")) return Response.json(await generations());
  const page = Number(searchParams.get("cursor") ?? "0");
  const nodes = (api.behind[page] ?? []).map((node) => ({ node }));
  return Response.json({ nodes, next: page + 1 < api.behind.length ? String(page + 1) : null });
};

const generations = async (): Promise<unknown> => {
  const { root, trustedRoots } = (await present()).ca;
  const firstSeenAt = new Date((api.firstSeenAt ?? 0) * 1000).toISOString();
  const seen = api.firstSeenAt === null ? [] : [{ root, trustedRoots, firstSeenAt }];
  return { generations: seen, staleSeconds: 3600 };
};

const secretText = (): string => world.files.get("mq.secret.json") ?? "";

/** As the Worker loads it: a secret between two steps is always one that it takes. */
const present = async (): Promise<CaSnapshot> => {
  const snapshot = await loadSnapshot(secretText(), clusterWith(), world.now());
  if (!snapshot.ok) throw new Error(snapshot.error.detail);
  return snapshot.value;
};

const fingerprint = async (path: string): Promise<string> => {
  const blocks = readPem(world.files.get(path) ?? "", "blank");
  if (!blocks.ok || blocks.value[0] === undefined) throw new Error(`${path} is no certificate`);
  return sha256Hex(blocks.value[0].der);
};

const run = async (...lines: readonly string[]): Promise<void> => {
  for (const line of lines) expect([line, await interlock(line, world)]).toEqual([line, 0]);
};

describe("interlock rotate", () => {
  it("publishes a new root, signs with it, and retires the old one", async () => {
    const before = await present();
    const old = await fingerprint("old/mq.root.pem");
    await run(PUBLISH);
    const added = await fingerprint("new/mq.root.pem");
    expect((await present()).ca).toMatchObject({ root: old, trustedRoots: [old, added] });
    expect((await present()).ca.chainPem).toBe(before.ca.chainPem);
    await run(SIGN);
    expect((await present()).ca).toMatchObject({ root: added, trustedRoots: [old, added] });
    await run(RETIRE);
    expect((await present()).ca).toMatchObject({ root: added, trustedRoots: [added] });
    expect((await present()).cookie).toBe(before.cookie);
    expect(api.asked).toEqual([
      "/v1/clusters/mq/generations",
      "/v1/clusters/mq/nodes sign",
      "/v1/clusters/mq/generations",
      "/v1/clusters/mq/nodes retire",
    ]);
  });

  it("rotates in the variables of a Worker as in a file, and leaves the other variables", async () => {
    const store = "--store embedded";
    world.files.set(".dev.vars", "ADMIN_TOKEN='of the Worker'\n");
    await run(`init --cluster mq --out embedded ${store}`);
    const variable = (): string =>
      readVariable(world.files.get(".dev.vars") ?? "", secretVariable("interlock/mq")) ?? "";
    world.fetch = (url) => {
      world.files.set("mq.secret.json", variable());
      return answer(url, {});
    };
    await run(`${PUBLISH} ${store}`, `${SIGN} ${store}`, `${RETIRE} ${store}`);
    const snapshot = await loadSnapshot(variable(), clusterWith(), world.now());
    const root = await fingerprint("new/mq.root.pem");
    expect(snapshot).toMatchObject({ ok: true, value: { ca: { root, trustedRoots: [root] } } });
    expect(world.files.get(".dev.vars")).toContain("ADMIN_TOKEN='of the Worker'\n");
  });

  it("keeps the key of the new root where init keeps one, for its owner alone, and out of the secret", async () => {
    await run(PUBLISH);
    expect(world.owned.has("new/mq.root.key")).toBe(true);
    expect(secretText()).not.toContain(world.files.get("new/mq.root.key")?.split("\n")[1]);
  });

  it("does not publish over the files of the root that is there", async () => {
    const before = secretText();
    expect(await interlock("rotate --cluster mq --step publish --out old", world)).toBe(1);
    expect(world.said.err).toContain("a root is never overwritten");
    expect(secretText()).toBe(before);
  });

  it("does not publish a third root, and leaves no file of it", async () => {
    await run(PUBLISH);
    expect(await interlock("rotate --cluster mq --step publish --out newer", world)).toBe(1);
    expect(world.said.err).toContain("a rotation of mq is under way");
    expect([...world.files.keys()].filter((path) => path.startsWith("newer/"))).toEqual([]);
  });

  it("takes a root that the secret holds twice for one root", async () => {
    const secret = parseClusterSecret(secretText());
    if (!secret.ok) throw new Error(secret.error.detail);
    const trustBundle = secret.value.trustBundle.repeat(2);
    world.files.set("mq.secret.json", JSON.stringify({ ...secret.value, trustBundle }));
    await run(PUBLISH, SIGN, RETIRE);
    expect((await present()).ca.trustedRoots).toEqual([await fingerprint("new/mq.root.pem")]);
  });

  it.each([
    ["sign", [PUBLISH], SIGN, "is not known to trust the new root"],
    ["retire", [PUBLISH, SIGN], RETIRE, "is not known to have a certificate under the new root"],
  ])("names every laggard of %s, on every page, and changes nothing", async (_step, before, line, lack) => {
    await run(...before);
    const unchanged = secretText();
    api.behind = [["rabbit@a.prod.internal", "rabbit@b.prod.internal"], ["rabbit@c.prod.internal"]];
    expect(await interlock(line, world)).toBe(1);
    for (const name of ["a", "b", "c"])
      expect(world.said.err).toContain(`rabbit@${name}.prod.internal ${lack}`);
    expect(world.said.err).toContain("with --force:");
    expect(secretText()).toBe(unchanged);
  });

  it("goes on with --force, and says whom it cuts off", async () => {
    await run(PUBLISH);
    api.behind = [["rabbit@a.prod.internal"]];
    expect(await interlock(`${SIGN} --force`, world)).toBe(0);
    expect(world.said.err).toMatch(/Forced, although:\nrabbit@a\.prod\.internal is not known to trust/);
    expect((await present()).ca.root).toBe(await fingerprint("new/mq.root.pem"));
  });

  it("waits until no instance of the API can have the CA from before", async () => {
    await run(PUBLISH);
    api.firstSeenAt = world.now() - 3599;
    expect(await interlock(SIGN, world)).toBe(1);
    expect(world.said.err).toContain("may go on with the CA before");
    api.firstSeenAt = null;
    expect(await interlock(SIGN, world)).toBe(1);
    expect(world.said.err).toContain("the API has not seen the step before this one yet");
  });

  it.each<[string, FakeWorld["fetch"]]>([
    ["does not answer", () => Promise.reject(new TypeError("fetch failed"))],
    ["refuses", () => Promise.resolve(new Response("credential-invalid: no", { status: 401 }))],
    ["is another server", () => Promise.resolve(Response.json({ nodes: "all fine" }))],
  ])("takes an API that %s for an obstacle", async (_what, fetch) => {
    await run(PUBLISH);
    world.fetch = fetch;
    const before = secretText();
    expect(await interlock(SIGN, world)).toBe(1);
    expect(secretText()).toBe(before);
  });

  it("needs the administrator's secret to ask", async () => {
    await run(PUBLISH);
    world = Object.assign(world, { env: {} });
    expect(await interlock(SIGN, world)).toBe(1);
    expect(world.said.err).toContain("ADMIN_TOKEN");
  });

  it("signs only with a root that was published", async () => {
    await interlock("init --cluster edge --out new", world);
    const before = secretText();
    const foreign = SIGN.replaceAll("new/mq", "new/edge");
    expect(await interlock(foreign, world)).toBe(1);
    expect(world.said.err).toContain("did not pass its test, so nothing was written");
    expect(secretText()).toBe(before);
  });

  it("refuses to sign with the root that signs, and to retire the only one", async () => {
    expect(await interlock(SIGN.replaceAll("new/", "old/"), world)).toBe(1);
    expect(world.said.err).toContain("this root signs already");
    expect(await interlock(RETIRE, world)).toBe(1);
    expect(world.said.err).toContain("there is none to retire");
  });

  it.each(["rotate --cluster mq", "rotate --cluster mq --step back", SIGN.replace(ROOT, "").trim()])(
    "is misused without a step or the files that it needs: %s",
    async (line) => {
      expect(await interlock(line, world)).toBe(2);
    },
  );
});

describe("interlock renew, while a root's rotation is under way,", () => {
  it("does not sign with the root that nodes may not have yet", async () => {
    await run(PUBLISH);
    const before = secretText();
    expect(await interlock(`renew --cluster mq ${ROOT}`, world)).toBe(1);
    expect(world.said.err).toContain("interlock rotate --step sign");
    expect(secretText()).toBe(before);
  });

  it("renews under the root that signs", async () => {
    await run(PUBLISH, "renew --cluster mq --root old/mq.root.pem --root-key old/mq.root.key");
    expect((await present()).ca.root).toBe(await fingerprint("old/mq.root.pem"));
  });
});
