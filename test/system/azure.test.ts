import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ACCEPTED, makeAzurePki, type AttestedCase, type AzurePki } from "../support/attested-cases.ts";
import { attestedDocument, signAttested, SUBSCRIPTION, VM } from "../support/attested-document.ts";
import { REFUSED } from "../support/attested-forgeries.ts";
import { makeCsr, type KeyAndCsr } from "../support/csr.ts";
import { codeOf, rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import { ledgerRows } from "../support/ledger-rows.ts";

/** Azure's attested documents against the production bundle: the definition pins the CA of a metadata service that the test plays. */
const ZONE = "nodes.example.internal";
const nodeOf = (vm: string): string => `rabbit@vm-${vm}.${ZONE}`;
const machine = (n: number): string => `02aab8a4-74ef-476e-8182-${n.toString(16).padStart(12, "0")}`;
const now = (): number => Math.floor(Date.now() / 1000);

let pki: AzurePki;
let deployment: Deployment;
beforeAll(async () => {
  pki = await makeAzurePki(now());
  const azure = (node: string) => ({
    method: "azure-imds",
    subscriptions: [SUBSCRIPTION],
    node,
    pins: [pki.ca.pem, pki.ended.pem],
  });
  deployment = await startDeployment({
    definitions: {
      mq: rabbitDefinition(ZONE, {
        bootstrap: [azure(`rabbit@vm-{/vmId}.${ZONE}`), { method: "token" }],
      }),
      // One name for whatever machine is of the image: names outlive machines here.
      fixed: rabbitDefinition("fixed.internal", { bootstrap: [azure("rabbit@{/sku}.fixed.internal")] }),
      other: rabbitDefinition("other.internal"),
    },
  });
});
afterAll(() => deployment[Symbol.asyncDispose]());

const ask = (
  csr: KeyAndCsr,
  signature: string,
  node: string,
  cluster = "mq",
  query = "",
): Promise<Response> =>
  fetch(`${deployment.origin()}/v1/clusters/${cluster}/nodes/${node}/bundle${query}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ csr: csr.csrPem, evidence: { method: "azure-imds", signature } }),
  });

const documentOf = async (csr: KeyAndCsr, changes: object = {}): Promise<string> =>
  Buffer.from(
    await signAttested({
      signer: pki.leaf,
      content: await attestedDocument(csr.csrDer, pki.now, changes),
    }),
  ).toString("base64");

const rows = (): Readonly<Record<string, number>> => ledgerRows(deployment.stateDirectory);

describe("an attested document", () => {
  it("gets its machine's certificate, and the same request gets it again", async () => {
    const csr = await makeCsr();
    const [signature, before] = [await documentOf(csr, { vmId: machine(1) }), rows()];
    const first = await ask(csr, signature, nodeOf(machine(1)), "mq", "?format=pem");
    const again = await ask(csr, signature, nodeOf(machine(1)), "mq", "?format=pem");
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(await again.text()).toBe(await first.text());
    expect(rows()).not.toEqual(before);
  });
  it("comes in the header too, for callers whose body is the CSR alone", async () => {
    const csr = await makeCsr();
    const evidence = { method: "azure-imds", signature: await documentOf(csr, { vmId: machine(2) }) };
    const reply = await fetch(`${deployment.origin()}/v1/clusters/mq/nodes/${nodeOf(machine(2))}/bundle`, {
      method: "POST",
      headers: {
        Authorization: `Evidence ${Buffer.from(JSON.stringify(evidence)).toString("base64")}`,
        "Content-Type": "application/pkcs10",
      },
      body: csr.csrPem,
    });
    expect(await codeOf(reply)).toBe(201);
  });
  it("speaks for one CSR: a thief's key gets nothing by it (nonce reuse)", async () => {
    const [own, thief] = [await makeCsr(), await makeCsr()];
    const signature = await documentOf(own, { vmId: machine(3) });
    expect(await codeOf(await ask(thief, signature, nodeOf(machine(3))))).toBe("credential-invalid");
    expect(await codeOf(await ask(own, signature, nodeOf(machine(3))))).toBe(201);
    expect(await codeOf(await ask(thief, signature, nodeOf(machine(3))))).toBe("credential-invalid");
  });
  it("moves its machine's name to a new key, with a new document", async () => {
    for (const csr of [await makeCsr(), await makeCsr()])
      expect(
        await codeOf(await ask(csr, await documentOf(csr, { vmId: machine(4) }), nodeOf(machine(4)))),
      ).toBe(201);
  });
  it("that 100 keys send at once gives one certificate, to the key that it names", async () => {
    const csrs = await Promise.all(Array.from({ length: 100 }, () => makeCsr()));
    const signature = await documentOf(csrs[50] ?? (await makeCsr()), { vmId: machine(5) });
    const codes = await Promise.all(
      csrs.map(async (csr) => codeOf(await ask(csr, signature, nodeOf(machine(5))))),
    );
    expect(
      codes.map((code, n) => (code === 201 ? n : code)).filter((code) => code !== "credential-invalid"),
    ).toEqual([50]);
  });
  it("of 100 documents for 100 keys at once leaves one holder of the name", async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const csr = await makeCsr();
        return codeOf(await ask(csr, await documentOf(csr, { vmId: machine(10) }), nodeOf(machine(10))));
      }),
    );
    expect(new Set(answers)).toEqual(new Set([201]));
    const reply = await deployment.administer("/v1/clusters/mq/nodes");
    const { nodes } = await reply.json<{ nodes: { node: string }[] }>();
    expect(nodes.filter(({ node }) => node === nodeOf(machine(10)))).toHaveLength(1);
  });
  it("is for its own machine's name, and for the clusters that take it", async () => {
    const csr = await makeCsr();
    const signature = await documentOf(csr, { vmId: machine(6) });
    expect(await codeOf(await ask(csr, signature, nodeOf(machine(7))))).toBe("node-not-allowed");
    expect(await codeOf(await ask(csr, signature, `rabbit@vm-${machine(6)}.other.internal`, "other"))).toBe(
      "credential-invalid",
    );
  });
  it("finds its name held by another machine, until an administrator releases it", async () => {
    const node = "rabbit@image.fixed.internal";
    const asked = async (n: number): Promise<string | number> => {
      const csr = await makeCsr();
      return codeOf(await ask(csr, await documentOf(csr, { vmId: machine(n), sku: "image" }), node, "fixed"));
    };
    expect(await asked(8)).toBe(201);
    expect(await asked(9)).toBe("node-held-by-another");
    await deployment.administer(`/v1/clusters/fixed/nodes/${node}/release`, { method: "POST" });
    expect(await asked(9)).toBe(201);
    // And the other way: the second machine has this name, so it gets no other.
    const csr = await makeCsr();
    const second = await documentOf(csr, { vmId: machine(9), sku: "another" });
    expect(await codeOf(await ask(csr, second, "rabbit@another.fixed.internal", "fixed"))).toBe(
      "credential-bound",
    );
  });
});

describe("over HTTP", () => {
  /** Each case has its own CSR; the document names its machine where the case does not say otherwise. */
  const outcome = async ({ make }: AttestedCase): Promise<string | number> => {
    const csr = await makeCsr();
    return codeOf(await ask(csr, await make(pki, csr.csrDer), nodeOf(VM)));
  };
  it.each(ACCEPTED)("a document $name is accepted", async (attested) => {
    expect(await outcome(attested)).toBe(201);
  });
  it.each(REFUSED)("a document is refused, and writes no row: $name", async (attested) => {
    const before = rows();
    expect(await outcome(attested)).toBe(attested.expected);
    expect(rows()).toEqual(before);
  });
});
