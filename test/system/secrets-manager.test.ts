import "reflect-metadata";
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import {
  AuthorityKeyIdentifierExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
} from "@peculiar/x509";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeCsr } from "../support/csr.ts";
import { codeOf, rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import { FAULTS, startFaultProxy, type FaultProxy } from "../support/fault-proxy.ts";
import { motoServer, startMoto, type Moto } from "../support/moto.ts";
import { requireOrSkip } from "../support/requirements.ts";
import { makeClusterSecret, type ClusterSecret } from "../support/test-ca.ts";

const SECRET = "interlock/mq";
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example" };

requireOrSkip("Secrets Manager", motoServer)("with the CA in a Secrets Manager API", () => {
  let moto: Moto;
  let proxy: FaultProxy;
  let manager: SecretsManagerClient;
  beforeAll(async () => {
    moto = await startMoto();
    proxy = await startFaultProxy(moto.endpoint);
    manager = new SecretsManagerClient({ region: "us-east-1", endpoint: moto.endpoint, credentials });
  });
  afterAll(async () => {
    await proxy[Symbol.asyncDispose]();
    await moto[Symbol.asyncDispose]();
  });

  const workerVariables = (cache: { cacheSeconds: number; staleSeconds: number }) => ({
    CA_STORE: "aws",
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL: proxy.endpoint,
    CA_CACHE_SECONDS: String(cache.cacheSeconds),
    CA_STALE_SECONDS: String(cache.staleSeconds),
  });

  let count = 0;
  /** A deployment whose cluster's secret is in the manager, under a name of its own. */
  const deploy = async (cache: { cacheSeconds: number; staleSeconds: number }, secret?: ClusterSecret) => {
    const name = `${SECRET}-${String(count++)}`;
    const made = secret ?? (await makeClusterSecret());
    await manager.send(new CreateSecretCommand({ Name: name, SecretString: JSON.stringify(made) }));
    const deployment = await startDeployment({
      definitions: { mq: { ...rabbitDefinition(), ca: { secret: name } } },
      secrets: { [name]: made },
      variables: workerVariables(cache),
    });
    return { deployment, name, secret: made };
  };
  let node = 0;
  const ask = async (deployment: Deployment, query = "?format=pem"): Promise<Response> => {
    const name = `rabbit@n-${String(node++)}.nodes.example.internal`;
    return deployment.askBundle(
      "mq",
      name,
      await deployment.mint("mq", { exact: name }),
      (await makeCsr()).csrPem,
      query,
    );
  };

  it("interlock init writes it, the Worker reads it with SigV4 and takes the token that interlock minted from it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "interlock-cli-"));
    const definitions = { mq: { ...rabbitDefinition(), ca: { secret: `${SECRET}-by-init` } } };
    writeFileSync(join(folder, "clusters.json"), JSON.stringify({ clusters: definitions }));
    const variables = workerVariables({ cacheSeconds: 300, staleSeconds: 3600 });
    const interlock = async (...args: string[]): Promise<string> => {
      const command = ["run", "-s", "interlock", "--", ...args, "--clusters", join(folder, "clusters.json")];
      // Not synchronously: the proxy in front of the secrets manager is served by this very process.
      return (await promisify(execFile)("npm", command, { env: { ...process.env, ...variables } })).stdout;
    };
    await interlock("init", "--cluster", "mq", "--store", "aws", "--out", folder);
    await using deployment = await startDeployment({ definitions, variables });
    const node = "rabbit@by-init.nodes.example.internal";
    const token = await interlock(
      "token",
      "--cluster",
      "mq",
      "--node",
      node,
      "--store",
      "aws",
      "--origin",
      deployment.origin(),
    );
    const reply = await deployment.askBundle("mq", node, token.trim(), (await makeCsr()).csrPem);
    expect(reply.status).toBe(201);
    const { caBundle } = await reply.json<{ caBundle: string }>();
    expect(caBundle).toBe(readFileSync(join(folder, "mq.root.pem"), "utf8"));
    rmSync(folder, { recursive: true });
  });

  it("a Worker that reads it issues, and asks for it once while it is fresh", async () => {
    const { deployment } = await deploy({ cacheSeconds: 300, staleSeconds: 3600 });
    await using _ = deployment;
    proxy.requests = 0;
    const replies = await Promise.all(Array.from({ length: 20 }, () => ask(deployment)));
    expect(replies.map(({ status }) => status)).toEqual(Array<number>(20).fill(201));
    expect(proxy.requests).toBe(1);
  });

  it.each(Object.entries(FAULTS))(
    "%s on a cold start is a 503 within the time limit, without a word of the provider's",
    async (id, fault) => {
      const { deployment } = await deploy({ cacheSeconds: 300, staleSeconds: 3600 });
      await using _ = deployment;
      proxy.fault = fault;
      proxy.requests = 0;
      const started = Date.now();
      const reply = await ask(deployment);
      const text = await reply.text();
      proxy.fault = null;
      expect(reply.status).toBe(503);
      expect(Number(reply.headers.get("Retry-After"))).toBeGreaterThan(0);
      expect(JSON.parse(text)).toMatchObject({ code: "ca-unavailable", retryable: true });
      expect(`${text}${deployment.log()}`).not.toContain("a message of the provider's");
      expect(Date.now() - started).toBeLessThan(6000);
      expect(proxy.requests).toBeLessThanOrEqual(3);
      if (id === "access-denied" || id === "not-found") expect(proxy.requests).toBe(1);
      // The token was not used up by a fault of ours.
      await delay(1000 * Number(reply.headers.get("Retry-After")));
      expect((await ask(deployment)).status).toBe(201);
    },
  );

  it("an outage, then a defective secret, with a warm key: no request fails until the stale bound, then 503", async () => {
    const { deployment } = await deploy({ cacheSeconds: 1, staleSeconds: 6 });
    await using _ = deployment;
    expect((await ask(deployment)).status).toBe(201);
    const started = Date.now();
    const statuses: [number, string | number][] = [];
    proxy.fault = FAULTS["connection reset"];
    while (Date.now() - started < 9000) {
      if (Date.now() - started > 3000) proxy.fault = FAULTS["a malformed secret"];
      statuses.push([Date.now() - started, await codeOf(await ask(deployment))]);
      await delay(250);
    }
    proxy.fault = null;
    const failed = statuses.filter(([, status]) => status !== 201);
    expect(statuses.filter(([at, status]) => at < 5000 && status !== 201)).toEqual([]);
    expect(failed.length).toBeGreaterThan(0);
    expect(new Set(failed.map(([, code]) => code))).toEqual(new Set(["ca-unavailable"]));
    expect(deployment.log()).toContain('"event":"ca-defective"');
  });

  it("a redirect is not followed with credentials", async () => {
    const { deployment } = await deploy({ cacheSeconds: 300, staleSeconds: 3600 });
    await using _ = deployment;
    await using thief = await startFaultProxy(moto.endpoint);
    proxy.fault = (response) => response.writeHead(307, { Location: thief.endpoint }).end();
    expect(await codeOf(await ask(deployment))).toBe("ca-unavailable");
    proxy.fault = null;
    expect(thief.requests).toBe(0);
  });

  it("a version that is only pending is not used", async () => {
    const { deployment, name, secret } = await deploy({ cacheSeconds: 300, staleSeconds: 3600 });
    await using _ = deployment;
    const next = JSON.stringify(await makeClusterSecret());
    await manager.send(
      new PutSecretValueCommand({ SecretId: name, SecretString: next, VersionStages: ["AWSPENDING"] }),
    );
    const [, issuer] = certificates(await (await ask(deployment)).text());
    expect(issuer?.equal(new X509Certificate(secret.certificate))).toBe(true);
  });

  it("a node whose root nobody trusts any more gets a new certificate with the same key, not the old bytes", async () => {
    const { deployment, name, secret } = await deploy({ cacheSeconds: 1, staleSeconds: 60 });
    await using _ = deployment;
    const asked = "rabbit@reroot.nodes.example.internal";
    const { csrPem } = await makeCsr();
    const enrol = async () => {
      const token = await deployment.mint("mq", { exact: asked });
      const reply = await deployment.askBundle("mq", asked, token, csrPem);
      return { status: reply.status, ...(await reply.json<{ chain: string; caBundle: string }>()) };
    };
    const before = await enrol();
    expect((await enrol()).chain).toBe(before.chain);
    const next = { ...(await makeClusterSecret()), tokenKey: secret.tokenKey };
    await manager.send(new PutSecretValueCommand({ SecretId: name, SecretString: JSON.stringify(next) }));
    await delay(1500);
    await enrol();
    await delay(500);
    const after = await enrol();
    expect(after.caBundle).not.toBe(before.caBundle);
    const [leaf, issuer] = certificates(after.chain);
    if (leaf === undefined || issuer === undefined) throw new Error("a chain has a leaf and an intermediate");
    expect(await leaf.verify({ publicKey: issuer, signatureOnly: true })).toBe(true);
    expect(await issuer.verify({ publicKey: new X509Certificate(after.caBundle), signatureOnly: true })).toBe(
      true,
    );
  });

  it("a rotation under load mixes no generations: issuer, key identifier, signature and chain agree in every reply", async () => {
    const { deployment, name, secret } = await deploy({ cacheSeconds: 1, staleSeconds: 60 });
    await using _ = deployment;
    // The token key stays, as it does in every rotation of a CA: tokens that were handed out go on working.
    const next = { ...(await makeClusterSecret({ key: "ec-p384" })), tokenKey: secret.tokenKey };
    const replies: Response[] = [];
    for (let round = 0; round < 40; round++) {
      if (round === 10)
        await manager.send(new PutSecretValueCommand({ SecretId: name, SecretString: JSON.stringify(next) }));
      replies.push(...(await Promise.all([ask(deployment, ""), ask(deployment, ""), ask(deployment, "")])));
      await delay(100);
    }
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201]));
    const bundles = (await Promise.all(replies.map((reply) => reply.json()))) as {
      chain: string;
      caBundle: string;
      caGeneration: number;
    }[];
    for (const bundle of bundles) {
      const [leaf, issuer] = certificates(bundle.chain);
      const root = new X509Certificate(bundle.caBundle);
      if (leaf === undefined || issuer === undefined)
        throw new Error("a chain has a leaf and an intermediate");
      expect(await leaf.verify({ publicKey: issuer, signatureOnly: true })).toBe(true);
      expect(await issuer.verify({ publicKey: root, signatureOnly: true })).toBe(true);
      expect(leaf.issuer).toBe(issuer.subject);
      expect(leaf.getExtension(AuthorityKeyIdentifierExtension)?.keyId).toBe(
        issuer.getExtension(SubjectKeyIdentifierExtension)?.keyId,
      );
    }
    expect(new Set(bundles.map(({ caGeneration }) => caGeneration))).toEqual(new Set([1, 2]));
  });
});

const certificates = (chain: string): X509Certificate[] =>
  (chain.match(/-----BEGIN[^]*?-----END CERTIFICATE-----/g) ?? []).map((pem) => new X509Certificate(pem));
