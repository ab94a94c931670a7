import { beforeEach, describe, expect, it } from "vitest";
import { loadSnapshot, parseClusterSecret } from "../../src/custody/cluster-secret.ts";
import { clusterWith } from "../policy/cluster.ts";
import { clusterWorld, interlock, NOW, type FakeWorld } from "./world.ts";

const YEAR = 365 * 86_400;
const RENEW = "renew --cluster mq --root offline/mq.root.pem --root-key offline/mq.root.key";

let world: FakeWorld;
beforeEach(async () => {
  world = clusterWorld();
  await interlock("init --cluster mq --cookie --out offline", world);
  world.now = () => NOW + 2 * YEAR;
});

const secret = () => {
  const parsed = parseClusterSecret(world.files.get("mq.secret.json") ?? "");
  if (!parsed.ok) throw new Error(parsed.error.detail);
  return parsed.value;
};

describe("interlock renew", () => {
  it("puts a new issuing CA under the same root, and changes nothing else", async () => {
    const before = secret();
    expect(await interlock(RENEW, world)).toBe(0);
    const { certificate, privateKey, ...rest } = secret();
    expect({ ...before, ...rest }).toEqual(before);
    expect(certificate).not.toBe(before.certificate);
    expect(privateKey).not.toBe(before.privateKey);
    const snapshot = await loadSnapshot(
      world.files.get("mq.secret.json") ?? "",
      clusterWith(),
      NOW + 4 * YEAR,
    );
    expect(snapshot).toMatchObject({ ok: true, value: { ca: { trustBundlePem: before.trustBundle } } });
  });

  it.each([
    ["ec-p384", "rsa-2048"],
    ["rsa-2048", "ec-p384"],
  ])("signs with the root's key, %s, whatever the new CA's: %s", async (rootKey, key) => {
    world = clusterWorld();
    await interlock(`init --cluster mq --out offline --key ${rootKey}`, world);
    expect(await interlock(`${RENEW} --key ${key}`, world)).toBe(0);
    expect(await loadSnapshot(world.files.get("mq.secret.json") ?? "", clusterWith(), NOW)).toMatchObject({
      ok: true,
      value: { ca: { keyType: key } },
    });
  });

  it("refuses a root that the nodes do not trust, and writes nothing", async () => {
    const before = world.files.get("mq.secret.json");
    await interlock("init --cluster edge --out offline", world);
    expect(
      await interlock(
        "renew --cluster mq --root offline/edge.root.pem --root-key offline/edge.root.key",
        world,
      ),
    ).toBe(1);
    expect(world.said.err).toContain("did not pass its test, so nothing was written");
    expect(world.files.get("mq.secret.json")).toBe(before);
  });

  it("refuses a root whose key is another's, and writes nothing", async () => {
    const before = world.files.get("mq.secret.json");
    await interlock("init --cluster edge --out offline", world);
    expect(
      await interlock(
        "renew --cluster mq --root offline/mq.root.pem --root-key offline/edge.root.key",
        world,
      ),
    ).toBe(1);
    expect(world.files.get("mq.secret.json")).toBe(before);
  });

  it.each<[string, string]>([
    ["offline/mq.root.pem", "no PEM"],
    ["offline/mq.root.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"],
  ])("refuses a %s that is none", async (path, text) => {
    world.files.set(path, text);
    expect(await interlock(RENEW, world)).toBe(1);
    expect(world.said.err).toContain("are not the two files of an earlier interlock init");
  });

  it.each(["offline/mq.root.pem", "offline/mq.root.key", "mq.secret.json"])(
    "says that %s is not there",
    async (path) => {
      world.files.delete(path);
      expect(await interlock(RENEW, world)).toBe(1);
      expect(world.said.err).toContain(path);
    },
  );

  it("refuses a CA that would outlive its root", async () => {
    world.now = () => NOW + 8 * YEAR;
    expect(await interlock(RENEW, world)).toBe(1);
    expect(world.said.err).toContain("would outlive its root");
    expect(await interlock(`${RENEW} --lifetime 365d`, world)).toBe(0);
  });

  it.each(["--root offline/mq.root.pem", "--root-key offline/mq.root.key", ""])(
    "needs both files of the root: %s",
    async (options) => {
      expect(await interlock(`renew --cluster mq ${options}`.trim(), world)).toBe(2);
    },
  );
});
