import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import bundled from "../../infra/clusters.json" with { type: "json" };
import { makeCsr } from "../support/csr.ts";
import { startDeployment, type Deployment } from "../support/deployment.ts";
import { sharedDir } from "../support/shared.ts";

interface RenderValue {
  readonly id: string;
  readonly field: "path" | "node" | "options";
  readonly value: unknown;
  readonly expected: "accept" | "reject" | "reject-or-roundtrip";
  readonly why: string;
}

const values =
  sharedDir === null
    ? []
    : (
        JSON.parse(readFileSync(join(sharedDir, "data/render/values.json"), "utf8")) as {
          values: RenderValue[];
        }
      ).values;
const of = (field: RenderValue["field"]): readonly RenderValue[] =>
  values.filter((value) => value.field === field);

const NODE = "rabbit@node-01.nodes.example.internal";
interface Rendered {
  readonly files: readonly { readonly path: string; readonly content: string }[];
  readonly privateKey: { readonly path: string };
}

if (sharedDir === null)
  console.warn("skipped: the render values are not available here: ../shared is absent");

describe.skipIf(sharedDir === null)("every render value of the corpus, over the API", () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment({ definitions: bundled.clusters });
  });
  afterAll(() => deployment[Symbol.asyncDispose]());

  const bundle = async (options: Readonly<Record<string, unknown>>): Promise<Response> => {
    const { csrPem } = await makeCsr();
    return fetch(`${deployment.origin()}/v1/clusters/rabbit-prod/nodes/${NODE}/bundle`, {
      method: "POST",
      headers: { Authorization: `Bearer ${await deployment.mint("rabbit-prod", { exact: NODE })}` },
      body: new Blob([JSON.stringify({ csr: csrPem, ...options })], { type: "application/json" }),
    });
  };

  it.each(of("path"))("certsDir $id ($why): $expected", async ({ value, expected }) => {
    const reply = await bundle({ certsDir: value });
    if (expected !== "reject-or-roundtrip") expect(reply.status).toBe(expected === "accept" ? 201 : 400);
    if (reply.status === 400) {
      expect(await reply.json()).toMatchObject({ code: "option-invalid", field: "certsDir" });
      return;
    }
    const { files, privateKey } = await reply.json<Rendered>();
    expect(privateKey.path).toBe(`${String(value)}/node_key.pem`);
    expect(files.map(({ path }) => path)).toContain(`${String(value)}/node.pem`);
    // What each format's own parser reads is the subject of test/render; here the term is the value, in quotes.
    expect(files.find(({ path }) => path.endsWith(".config"))?.content).toContain(
      `{certfile, "${String(value)}/node.pem"}`,
    );
  });

  /** `node-emqx-ok` and `node-mim-ok` are nodes of the clusters that they name; all others are asked of rabbit-prod. */
  const clusterFor: Readonly<Record<string, string>> = {
    "node-emqx-ok": "emqx-edge",
    "node-mim-ok": "xmpp-core",
  };

  it.each(of("node"))("node $id ($why): $expected", async ({ id, value, expected }) => {
    const cluster = clusterFor[id] ?? "rabbit-prod";
    const token = await deployment.mint(cluster, { exact: expected === "accept" ? String(value) : NODE });
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const reply = await fetch(
      `${deployment.origin()}/v1/clusters/${cluster}/nodes/${encodeURIComponent(text)}/bundle`,
      {
        method: "POST",
        headers: { Authorization: `Bearer ${token}` },
        body: (await makeCsr()).csrPem,
      },
    );
    if (expected === "accept") {
      expect(reply.status).toBe(201);
      return;
    }
    expect([400, 403, 404, 414]).toContain(reply.status);
    const minted = await deployment.administer(`/v1/clusters/${cluster}/tokens`, {
      method: "POST",
      body: JSON.stringify({ node: value }),
    });
    // A token for another node of the cluster may be minted; a name that is none, or is not the cluster's, may not.
    expect(id === "node-foreign" ? [201] : [400, 403, 413]).toContain(minted.status);
  });

  it.each(of("options"))("options $id ($why): $expected", async ({ value }) => {
    const options = value as Readonly<Record<string, unknown>>;
    const reply = await bundle(options);
    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({ code: "option-invalid", field: Object.keys(options)[0] });
  });
});
