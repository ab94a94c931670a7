import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { awsSecretStore } from "../../src/custody/aws-secret-store.ts";
import { loadSnapshot } from "../../src/custody/cluster-secret.ts";
import { clusterWith } from "../policy/cluster.ts";
import { startMoto, motoServer, type Moto } from "../support/moto.ts";
import { requireOrSkip } from "../support/requirements.ts";
import { clusterWorld, interlock, NOW, type FakeWorld } from "./world.ts";

const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example" };
const region = "us-east-1";

/** The real SDK against a Secrets Manager API that is not ours: what the operator writes is what the Worker reads. */
requireOrSkip("moto_server", motoServer)("interlock init --store aws", () => {
  let moto: Moto;
  beforeAll(async () => {
    moto = await startMoto();
  }, 60_000);
  afterAll(async () => {
    await moto[Symbol.asyncDispose]();
  });

  let secret = 0;
  let world: FakeWorld;
  beforeEach(() => {
    secret++;
    world = clusterWorld(
      { "infra/clusters.json": JSON.stringify({ clusters: { mq: definition() } }) },
      {
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_ENDPOINT_URL: moto.endpoint,
      },
    );
  });
  const definition = () => ({
    product: "rabbitmq",
    nodes: { names: ["rabbit"], hosts: ["*.prod.internal"] },
    ca: { secret: `interlock/mq-${secret}` },
    bootstrap: [{ method: "token" }],
  });
  const store = () => awsSecretStore({ ...credentials, region, sessionToken: null, endpoint: moto.endpoint });
  const current = () => store().fetch(`interlock/mq-${secret}`);

  it("creates a secret that the Worker's own store fetches and loads", async () => {
    expect(await interlock("init --cluster mq --store aws --out offline", world)).toBe(0);
    expect([...world.files.keys()]).toEqual([
      "infra/clusters.json",
      "offline/mq.root.key",
      "offline/mq.root.pem",
    ]);
    const { text } = await current();
    expect(await loadSnapshot(text, clusterWith(), NOW)).toMatchObject({
      ok: true,
      value: { ca: { trustBundlePem: world.files.get("offline/mq.root.pem") } },
    });
    expect(await interlock("check --store aws", world)).toBe(0);
  });

  it("does not touch a secret that is there, and leaves no root behind", async () => {
    await interlock("init --cluster mq --store aws --out first", world);
    const before = await current();
    expect(await interlock("init --cluster mq --store aws --out second", world)).toBe(1);
    expect(world.said.err).toContain("already: --force puts a new version");
    expect(await current()).toEqual(before);
    expect(world.files.has("second/mq.root.key")).toBe(false);
  });

  it("puts a new version with --force, which becomes the current one", async () => {
    await interlock("init --cluster mq --store aws --out first", world);
    const before = await current();
    expect(await interlock("init --cluster mq --store aws --out second --force", world)).toBe(0);
    const after = await current();
    expect(after.versionId).not.toBe(before.versionId);
    expect(await loadSnapshot(after.text, clusterWith(), NOW)).toMatchObject({
      ok: true,
      value: { ca: { trustBundlePem: world.files.get("second/mq.root.pem") } },
    });
  });

  it("fills a secret that Terraform made: a name without a version", async () => {
    const client = new SecretsManagerClient({ region, endpoint: moto.endpoint, credentials });
    await client.send(new CreateSecretCommand({ Name: `interlock/mq-${secret}` }));
    expect(await interlock("init --cluster mq --store aws --out offline", world)).toBe(0);
    expect(await interlock("check --store aws", world)).toBe(0);
    expect(await interlock("init --cluster mq --store aws --out second", world)).toBe(1);
  });

  it("puts a new version with --force only where there is one before", async () => {
    expect(await interlock("init --cluster mq --store aws --force", world)).toBe(1);
    expect(world.said.err).toContain("did not take the secret: not-found");
    expect([...world.files.keys()]).toEqual(["infra/clusters.json"]);
  });

  it("renews the issuing CA in place", async () => {
    await interlock("init --cluster mq --store aws --out offline", world);
    const before = await current();
    expect(
      await interlock(
        "renew --cluster mq --store aws --root offline/mq.root.pem --root-key offline/mq.root.key",
        world,
      ),
    ).toBe(0);
    const after = await current();
    expect(after.versionId).not.toBe(before.versionId);
    expect(await loadSnapshot(after.text, clusterWith(), NOW)).toMatchObject({ ok: true });
  });

  it("secrets-manager-rotated-pending-only: a pending version is not read", async () => {
    await interlock("init --cluster mq --store aws", world);
    const before = await current();
    const client = new SecretsManagerClient({ region, endpoint: moto.endpoint, credentials });
    await client.send(
      new PutSecretValueCommand({
        SecretId: `interlock/mq-${secret}`,
        SecretString: "{}",
        VersionStages: ["AWSPENDING"],
      }),
    );
    expect(await current()).toEqual(before);
  });

  it("mints a token from it", async () => {
    await interlock("init --cluster mq --store aws", world);
    expect(
      await interlock(
        "token --cluster mq --store aws --node rabbit@mq-1.prod.internal --origin https://i.example",
        world,
      ),
    ).toBe(0);
    expect(world.said.out.split(".")).toHaveLength(3);
  });

  it("says so when Secrets Manager is not there, and keeps the root: the answer may be lost, not the request", async () => {
    const gone = clusterWorld(Object.fromEntries(world.files), {
      ...world.env,
      AWS_ENDPOINT_URL: "http://127.0.0.1:1",
    });
    expect(await interlock("init --cluster mq --store aws", gone)).toBe(1);
    expect(gone.said.err).toContain("did not say that it took the secret: unreachable");
    expect([...gone.files.keys()]).toEqual(["infra/clusters.json", "mq.root.key", "mq.root.pem"]);
  });
});
