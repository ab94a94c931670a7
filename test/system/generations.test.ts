import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCsr } from "../support/csr.ts";
import { codeOf, rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import { shellBlock } from "../support/documentation/shell-block.ts";
import { run } from "../support/process.ts";
import { nodeFolder, type NodeFolder } from "../support/renewal.ts";

const NODE = "rabbit@node-01.nodes.example.internal";
const OTHER = "rabbit@node-02.nodes.example.internal";
const CLUSTER = "/v1/clusters/mq";
const routeOf = (node: string, route: string): string =>
  `${CLUSTER}/nodes/${encodeURIComponent(node)}/${route}`;

describe("the generation of a node", () => {
  let deployment: Deployment;
  let folder: NodeFolder;
  beforeAll(async () => {
    deployment = await startDeployment({ definitions: { mq: rabbitDefinition() } });
    folder = nodeFolder();
    await join("node", NODE);
    await join("other", OTHER);
  });
  afterAll(async () => {
    folder[Symbol.dispose]();
    await deployment[Symbol.asyncDispose]();
  });

  const join = async (name: string, node: string): Promise<void> => {
    await folder.request(name);
    const token = await deployment.mint("mq", { exact: node });
    const reply = await deployment.askBundle("mq", node, token, folder.read(`${name}.csr`), "?format=pem");
    const text = await reply.text();
    expect(text).toContain("BEGIN CERTIFICATE");
    folder.write(`${name}.pem`, text);
  };
  /** What docs/operations.md has a node do: `openssl cms -sign` over the JSON. */
  const signed = (signer: string, said: string): Promise<Buffer> => {
    folder.write("said.csr", said);
    return folder.sign("said", signer);
  };
  const post = (node: string, route: string, body: BodyInit): Promise<Response> =>
    fetch(deployment.origin() + routeOf(node, route), { method: "POST", body });
  const get = async (path: string): Promise<Record<string, unknown>> =>
    (await deployment.administer(`${CLUSTER}/${path}`)).json();

  it("is known by its reply, and by its own word", async () => {
    const before = await get("nodes?limit=1");
    expect(before).toMatchObject({
      nodes: [{ node: NODE, caGeneration: 1, acknowledged: false }],
      next: NODE,
    });
    expect((await post(NODE, "ack", await signed("node", '{"caGeneration": 1}'))).status).toBe(204);
    expect(await get("nodes?limit=1")).toMatchObject({ nodes: [{ node: NODE, acknowledged: true }] });
    expect(await get(`nodes?limit=1&cursor=${NODE}`)).toMatchObject({
      nodes: [{ node: OTHER, acknowledged: false }],
      next: null,
    });
  });

  it("is known by what docs/operations.md has a node do, with a shell, curl and openssl", async () => {
    const here = shellBlock("docs/operations.md", "interlock-ca-generation")
      .replaceAll("/etc/rabbitmq/tls", folder.path("."))
      .replaceAll("/run/", `${folder.path("")}/`)
      .replaceAll("https://interlock.example.com", deployment.origin())
      .replaceAll("rabbit-prod", "mq")
      .replaceAll("rabbit@$(hostname -f)", OTHER)
      .replaceAll("node.pem", "other.pem")
      .replaceAll("node_key.pem", "other_key.pem");
    await run(["sh", "-euc", here]);
    expect(await get(`nodes?cursor=${NODE}`)).toMatchObject({ nodes: [{ node: OTHER, acknowledged: true }] });
    expect(folder.read("ca.pem").toString()).toContain("BEGIN CERTIFICATE");
  });

  it("is known by an administrator's word", async () => {
    const ack = (node: string, body: string) =>
      deployment.administer(routeOf(node, "ack"), { method: "POST", body });
    expect((await ack(OTHER, '{"caGeneration": 1}')).status).toBe(204);
    expect(await codeOf(await ack(OTHER, '{"caGeneration": 9}'))).toBe("malformed-request");
    expect(await codeOf(await ack(OTHER, '{"caGeneration": "1"}'))).toBe("malformed-request");
    const stranger = "rabbit@node-09.nodes.example.internal";
    expect(await codeOf(await ack(stranger, '{"caGeneration": 1}'))).toBe("certificate-unknown");
  });

  it.each<[string, () => Promise<BodyInit>, string]>([
    ["nobody's", async () => '{"caGeneration": 1}', "credential-missing"],
    ["another node's", () => signed("other", '{"caGeneration": 1}'), "node-not-allowed"],
    [
      "of a generation that nobody published",
      () => signed("node", '{"caGeneration": 2}'),
      "malformed-request",
    ],
    ["with a member too many", () => signed("node", '{"caGeneration": 1, "node": "x"}'), "malformed-request"],
    ["a renewal", () => folder.sign("node", "node"), "malformed-request"],
    [
      "a detached signature",
      () => folder.sign("node", "node", ["-nosmimecap", "-noattr"]),
      "credential-invalid",
    ],
  ])("is not believed where the word is %s", async (_what, body, code) => {
    expect(await codeOf(await post(NODE, "ack", await body()))).toBe(code);
  });

  it("is not a renewal: the API issues nothing for it", async () => {
    const said = await signed("node", '{"caGeneration": 1}');
    expect(await codeOf(await post(NODE, "bundle", said))).toBe("credential-invalid");
  });

  it("is for administrators to see", async () => {
    for (const route of ["nodes", "generations"])
      expect(await codeOf(await fetch(`${deployment.origin()}${CLUSTER}/${route}`))).toBe(
        "credential-missing",
      );
    const forged = {
      headers: { Authorization: "Bearer nobody" },
      method: "POST",
      body: '{"caGeneration": 1}',
    };
    expect(await codeOf(await fetch(deployment.origin() + routeOf(NODE, "ack"), forged))).toBe(
      "credential-invalid",
    );
  });

  it.each(["behind=sign", `root=${"0".repeat(64)}`, "behind=publish", "limit=1001", "state=valid"])(
    "is not listed by options that mean nothing: %s",
    async (query) => {
      expect(await codeOf(await deployment.administer(`${CLUSTER}/nodes?${query}`))).toBe("option-invalid");
    },
  );

  it("is told with every CA bundle, also where that has not changed", async () => {
    const { generations, staleSeconds } = await get("generations");
    expect([generations, staleSeconds]).toEqual([
      [expect.objectContaining({ caGeneration: 1, trustedRoots: [expect.stringMatching(/^[0-9a-f]{64}$/)] })],
      3600,
    ]);
    const url = `${deployment.origin()}${CLUSTER}/ca.pem`;
    const first = await fetch(url);
    const again = await fetch(url, { headers: { "If-None-Match": first.headers.get("ETag") ?? "" } });
    expect([first.status, again.status]).toEqual([200, 304]);
    for (const reply of [first, again]) expect(reply.headers.get("Interlock-CA-Generation")).toBe("1");
  });

  it("counts neither a revoked node nor its word", async () => {
    const gone = "rabbit@node-03.nodes.example.internal";
    await join("gone", gone);
    const said = await signed("gone", '{"caGeneration": 1}');
    await deployment.administer(routeOf(gone, "revoke"), { method: "POST", body: "{}" });
    expect(await codeOf(await post(gone, "ack", said))).toBe("revoked");
    expect(await get(`nodes?cursor=${OTHER}`)).toEqual({ nodes: [], next: null });
  });
});

describe("what a bundle says to do", () => {
  it("is to restart for another configuration, and nothing for another certificate", async () => {
    await using deployment = await startDeployment({ definitions: { mq: rabbitDefinition() } });
    const { csrPem } = await makeCsr();
    const token = await deployment.mint("mq", { exact: NODE });
    const ask = async (query: string) => {
      const reply = await deployment.askBundle("mq", NODE, token, csrPem, query);
      return (await reply.json<{ apply: { effect: string; commands: string[]; configuration: string } }>())
        .apply;
    };
    const first = await ask("");
    const restart = ["systemctl restart rabbitmq-server"];
    expect(first).toMatchObject({ effect: "restart", commands: restart });
    const have = `have=${first.configuration}`;
    expect(await ask(`?${have}`)).toMatchObject({ effect: "none", commands: [], restart });
    expect(await ask(`?${have}&portOffset=1`)).toMatchObject({ effect: "restart", commands: restart });
    const script = await deployment.askBundle("mq", NODE, token, csrPem, `?format=sh&${have}`);
    expect(await script.text()).toContain("there is nothing to run: only certificate files have changed");
    const wrong = await deployment.askBundle("mq", NODE, token, csrPem, "?have=what-I-have");
    expect(await codeOf(wrong)).toBe("option-invalid");
  });
});
