import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCsr, type KeyAndCsr } from "../support/csr.ts";
import { codeOf, rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import { ledgerRows } from "../support/ledger-rows.ts";
import { sharedDir } from "../support/shared.ts";
import { signMessage } from "../support/signed-message.ts";

/** Instance identity documents against the production bundle: first use, leases in both directions, release, dry runs. */
const data = (name: string): string => readFileSync(`${sharedDir ?? ""}/data/iid/${name}`, "utf8");

const ZONE = "nodes.example.internal";
const nodeOf = (instanceId: string, zone = ZONE): string => `rabbit@${instanceId}.${zone}`;
const instance = (n: number): string => `i-${n.toString(16).padStart(17, "0")}`;

const iidCluster = (zone: string, changes: object = {}) =>
  rabbitDefinition(zone, {
    bootstrap: [
      {
        method: "aws-iid",
        accounts: ["111122223333"],
        node: `rabbit@{/instanceId}.${zone}`,
        pins: ["us-east-1", "eu-central-1"].map((region) => ({
          region,
          certificate: data(`signer-${region}.pem`),
        })),
        ...changes,
      },
      { method: "token" },
    ],
  });

describe.skipIf(sharedDir === null)("an instance identity document", () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment({
      definitions: {
        mq: iidCluster(ZONE),
        again: iidCluster("again.internal", { rebindAfterRestart: true, maxInstanceAge: "1h" }),
        // One name for whatever instance has the address: names outlive instances here.
        fixed: iidCluster("fixed.internal", { node: "rabbit@{/ipName}.fixed.internal" }),
      },
    });
  });
  afterAll(() => deployment[Symbol.asyncDispose]());

  const started = (secondsAgo = 60): string =>
    new Date(Date.now() - 1000 * secondsAgo).toISOString().replace(/\.\d+Z/, "Z");

  const documentOf = (instanceId: string, changes: object = {}, region = "us-east-1"): Promise<string> =>
    signMessage({
      content: JSON.stringify({
        ...(JSON.parse(data("good/document")) as object),
        instanceId,
        region,
        pendingTime: started(),
        ...changes,
      }),
      certificate: data(`signer-${region}.pem`),
      privateKey: data(`signer-${region}.key.pem`),
    });

  const ask = (node: string, pkcs7: string, csr: KeyAndCsr, cluster = "mq", query = ""): Promise<Response> =>
    fetch(`${deployment.origin()}/v1/clusters/${cluster}/nodes/${node}/bundle${query}`, {
      method: "POST",
      headers: { Authorization: `AWS-IID ${pkcs7}`, "Content-Type": "application/pkcs10" },
      body: csr.csrPem,
    });

  const rows = (): Readonly<Record<string, number>> => ledgerRows(deployment.stateDirectory);

  const certificates = async (node: string): Promise<number> => {
    const reply = await deployment.administer(`/v1/clusters/mq/certificates?node=${node}`);
    return (await reply.json<{ certificates: unknown[] }>()).certificates.length;
  };

  it("gets its instance's certificate, and the same key gets it again", async () => {
    const [csr, pkcs7, node] = [await makeCsr(), await documentOf(instance(1)), nodeOf(instance(1))];
    const first = await ask(node, pkcs7, csr, "mq", "?format=pem");
    const again = await ask(node, pkcs7, csr, "mq", "?format=pem");
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(await again.text()).toBe(await first.text());
  });
  it("comes as a JSON body's evidence too, with its line breaks", async () => {
    const pkcs7 = (await documentOf(instance(2), {}, "eu-central-1")).replaceAll(/(.{64})/g, "$1\n");
    const reply = await fetch(`${deployment.origin()}/v1/clusters/mq/nodes/${nodeOf(instance(2))}/bundle`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ csr: (await makeCsr()).csrPem, evidence: { method: "aws-iid", pkcs7 } }),
    });
    expect(await codeOf(reply)).toBe(201);
  });
  it("100 first uses at once with 100 keys give one certificate", async () => {
    const [pkcs7, node] = [await documentOf(instance(3)), nodeOf(instance(3))];
    const csrs = await Promise.all(Array.from({ length: 100 }, () => makeCsr()));
    const codes = await Promise.all(csrs.map(async (csr) => codeOf(await ask(node, pkcs7, csr))));
    expect(codes.filter((code) => code === 201)).toHaveLength(1);
    expect(codes.filter((code) => code === "credential-bound")).toHaveLength(99);
    expect(await certificates(node)).toBe(1);
  });
  it("that is forged writes no row", async () => {
    const before = rows();
    const forged = Buffer.from(await documentOf(instance(4)), "base64");
    forged[forged.length - 20] = (forged[forged.length - 20] ?? 0) ^ 1;
    const reply = await ask(nodeOf(instance(4)), forged.toString("base64"), await makeCsr());
    expect([reply.status, await codeOf(reply)]).toEqual([401, "credential-invalid"]);
    expect(rows()).toEqual(before);
    // The instance itself has lost nothing by it.
    expect((await ask(nodeOf(instance(4)), await documentOf(instance(4)), await makeCsr())).status).toBe(201);
  });
  it("is for its own instance's name", async () =>
    expect(await codeOf(await ask(nodeOf(instance(6)), await documentOf(instance(5)), await makeCsr()))).toBe(
      "node-not-allowed",
    ));
  it("of an instance that started an hour ago binds nothing, and still fetches what it bound", async () => {
    const old = await documentOf(instance(7), { pendingTime: started(3500) });
    expect(await codeOf(await ask(nodeOf(instance(7)), old, await makeCsr()))).toBe("credential-expired");
    expect(
      await codeOf(await ask(nodeOf(instance(7), "again.internal"), old, await makeCsr(), "again")),
    ).toBe(201);
  });
  it("of a later start binds another key only where the definition says so", async () => {
    for (const [cluster, zone, code] of [
      ["mq", ZONE, "credential-bound"],
      ["again", "again.internal", 201],
    ] as const) {
      const node = nodeOf(instance(8), zone);
      const [first, second] = [
        await documentOf(instance(8), { pendingTime: started(300) }),
        await documentOf(instance(8), { pendingTime: started(60) }),
      ];
      expect(await codeOf(await ask(node, first, await makeCsr(), cluster))).toBe(201);
      expect([cluster, await codeOf(await ask(node, second, await makeCsr(), cluster))]).toEqual([
        cluster,
        code,
      ]);
      // The earlier statement does not come back.
      expect(await codeOf(await ask(node, first, await makeCsr(), cluster))).toBe("credential-bound");
    }
  });
  it("finds the name of its address held by another instance, until an administrator releases it", async () => {
    const node = "rabbit@ip-10-20-0-11.fixed.internal";
    const release = (): Promise<Response> =>
      deployment.administer(`/v1/clusters/fixed/nodes/${node}/release`, { method: "POST" });
    const second = await documentOf(instance(10));
    expect(await codeOf(await ask(node, await documentOf(instance(9)), await makeCsr(), "fixed"))).toBe(201);
    expect(await codeOf(await ask(node, second, await makeCsr(), "fixed"))).toBe("node-held-by-another");
    expect((await release()).status).toBe(204);
    expect((await release()).status).toBe(204);
    expect(await codeOf(await ask(node, second, await makeCsr(), "fixed"))).toBe(201);
    // And the other way: the second instance has this name, so it gets no other.
    const elsewhere = await documentOf(instance(10), { privateIp: "10.20.0.12" });
    expect(
      await codeOf(await ask("rabbit@ip-10-20-0-12.fixed.internal", elsewhere, await makeCsr(), "fixed")),
    ).toBe("credential-bound");
  });
  it("binds another key after a release: the instance was made anew by hand", async () => {
    const [pkcs7, node] = [await documentOf(instance(11)), nodeOf(instance(11))];
    expect(await codeOf(await ask(node, pkcs7, await makeCsr()))).toBe(201);
    const lost = await makeCsr();
    expect(await codeOf(await ask(node, pkcs7, lost))).toBe("credential-bound");
    await deployment.administer(`/v1/clusters/mq/nodes/${node}/release`, { method: "POST" });
    expect(await codeOf(await ask(node, pkcs7, lost))).toBe(201);
  });
  it("does not release for a stranger", async () => {
    const reply = await fetch(`${deployment.origin()}/v1/clusters/mq/nodes/${nodeOf(instance(11))}/release`, {
      method: "POST",
    });
    expect(reply.status).toBe(401);
  });
});
