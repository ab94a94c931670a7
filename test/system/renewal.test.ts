import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codeOf, rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import { nodeFolder, type NodeFolder, type NodeKeyType } from "../support/renewal.ts";

const NODE = "rabbit@node-01.nodes.example.internal";

describe("renewal by possession", () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment({ definitions: { mq: rabbitDefinition() } });
  });
  afterAll(() => deployment[Symbol.asyncDispose]());

  const renew = (node: string, proof: BodyInit, query = "?format=pem"): Promise<Response> =>
    fetch(`${deployment.origin()}/v1/clusters/mq/nodes/${encodeURIComponent(node)}/bundle${query}`, {
      method: "POST",
      body: proof,
    });

  const join = async (folder: NodeFolder, name: string, node: string, key?: NodeKeyType): Promise<void> => {
    await folder.request(name, key);
    const token = await deployment.mint("mq", { exact: node });
    const reply = await deployment.askBundle("mq", node, token, folder.read(`${name}.csr`), "?format=pem");
    expect(reply.status).toBe(201);
    folder.write(`${name}.pem`, await reply.text());
  };

  it("smoke", async () => {
    using folder = nodeFolder();
    await join(folder, "node", NODE);
    await folder.request("next");
    const first = await renew(NODE, await folder.sign("next", "node"));

    expect(first.status).toBe(201);
    const early = await renew(NODE, await folder.sign("next", "node", ["-outform", "DER", "-stream"]));
    expect([early.status, await early.text()]).toEqual([200, await first.text()]);
    expect(
      await codeOf(await renew("rabbit@node-02.nodes.example.internal", await folder.sign("next", "node"))),
    ).toBe("node-not-allowed");
  });
});
