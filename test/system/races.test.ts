import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCsr } from "../support/csr.ts";
import { codeOf, rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";

const NODE = "rabbit@node-01.nodes.example.internal";
const many = <T>(count: number, make: (n: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => make(n)));
const tally = (values: readonly (string | number)[]): Record<string, number> =>
  Object.fromEntries(
    [...new Set(values)].map((value) => [value, values.filter((other) => other === value).length]),
  );

/** `fresh` in `serials` is what the ledger holds, whatever the answers said. */
const ledgerOf = async (
  deployment: Deployment,
  cluster: string,
  node: string,
): Promise<readonly { serial: string; state: string }[]> => {
  const reply = await deployment.administer(
    `/v1/clusters/${cluster}/certificates?node=${encodeURIComponent(node)}&limit=1000`,
  );
  return (await reply.json<{ certificates: { serial: string; state: string }[] }>()).certificates;
};

describe("a boot storm of one token", () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment({ definitions: { mq: rabbitDefinition() } });
  });
  afterAll(() => deployment[Symbol.asyncDispose]());

  it("200 identical requests at once give one serial, one 201 and 199 equal replays", async () => {
    const token = await deployment.mint("mq", { exact: NODE });
    const { csrPem } = await makeCsr();
    const replies = await many(200, () => deployment.askBundle("mq", NODE, token, csrPem, "?format=pem"));
    const bodies = await Promise.all(replies.map((reply) => reply.text()));
    expect(tally(replies.map((reply) => reply.status))).toEqual({ 201: 1, 200: 199 });
    expect(replies.filter((reply) => reply.headers.get("Idempotent-Replay") === "true")).toHaveLength(199);
    expect(new Set(bodies).size).toBe(1);
    expect(await ledgerOf(deployment, "mq", NODE)).toMatchObject([{ state: "valid" }]);
  });

  it("200 requests with 200 keys give one certificate and 199 times 409", async () => {
    const node = "rabbit@node-02.nodes.example.internal";
    const token = await deployment.mint("mq", { exact: node });
    const csrs = await many(200, () => makeCsr());
    const replies = await Promise.all(
      csrs.map(({ csrPem }) => deployment.askBundle("mq", node, token, csrPem)),
    );
    expect(tally(await Promise.all(replies.map(codeOf)))).toEqual({ 201: 1, "credential-bound": 199 });
    expect(await ledgerOf(deployment, "mq", node)).toMatchObject([{ state: "valid" }]);
  });

  it("a token for two nodes of a zone, asked for by ten at once, serves two", async () => {
    const token = await deployment.mint("mq", { form: "rabbit@*.nodes.example.internal" }, { uses: 2 });
    const replies = await many(10, async (n) =>
      deployment.askBundle(
        "mq",
        `rabbit@group-${String(n)}.nodes.example.internal`,
        token,
        (await makeCsr()).csrPem,
      ),
    );
    expect(tally(await Promise.all(replies.map(codeOf)))).toEqual({ 201: 2, "credential-bound": 8 });
  });

  it("a withdrawal and a use at once happen in one of the two orders", async () => {
    for (let round = 0; round < 10; round++) {
      const node = `rabbit@round-${String(round)}.nodes.example.internal`;
      const minted = await deployment.administer("/v1/clusters/mq/tokens", {
        method: "POST",
        body: JSON.stringify({ node }),
      });
      const { token, id } = await minted.json<{ token: string; id: string }>();
      const { csrPem } = await makeCsr();
      const [used, withdrawn] = await Promise.all([
        deployment.askBundle("mq", node, token, csrPem),
        deployment.administer(`/v1/clusters/mq/tokens/${id}`, { method: "DELETE" }),
      ]);
      expect(withdrawn.status).toBe(204);
      expect([201, 401]).toContain(used.status);
      expect(await codeOf(await deployment.askBundle("mq", node, token, csrPem))).toBe("credential-invalid");
      expect(await ledgerOf(deployment, "mq", node)).toHaveLength(used.status === 201 ? 1 : 0);
    }
  });
});

describe("a killed server", () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment({ definitions: { mq: rabbitDefinition() } });
  });
  afterAll(() => deployment[Symbol.asyncDispose]());

  it("loses nothing that it answered, and the retry finishes what it had begun", async () => {
    const nodes = await many(40, async (n) => {
      const node = `rabbit@kill-${String(n)}.nodes.example.internal`;
      return { node, token: await deployment.mint("mq", { exact: node }), csr: (await makeCsr()).csrPem };
    });
    const ask = async ({ node, token, csr }: (typeof nodes)[number]): Promise<string | null> => {
      const reply = await deployment.askBundle("mq", node, token, csr, "?format=pem").catch(() => null);
      return reply !== null && reply.ok ? reply.text().catch(() => null) : null;
    };
    const answered = new Map<string, string>();
    let killed = 0;
    for (let round = 0; round < 4; round++) {
      const asking = Promise.all(nodes.map(async (node) => [node.node, await ask(node)] as const));
      await new Promise((later) => setTimeout(later, 5 + 10 * round));
      await deployment.restart("SIGKILL");
      const replies = await asking;
      killed += replies.filter(([, chain]) => chain === null).length;
      for (const [node, chain] of replies) {
        if (chain === null) continue;
        expect(answered.get(node) ?? chain).toBe(chain);
        answered.set(node, chain);
      }
    }
    expect(killed).toBeGreaterThan(0);
    const reserved = (await Promise.all(nodes.map(({ node }) => ledgerOf(deployment, "mq", node)))).flat();
    for (const node of nodes) {
      const chain = await ask(node);
      expect(chain).not.toBeNull();
      expect(answered.get(node.node) ?? chain).toBe(chain);
      expect(await ledgerOf(deployment, "mq", node.node)).toMatchObject([{ state: "valid" }]);
    }
    // A plan that was reserved before a kill is the one that was finished: no serial was taken twice for one node.
    const serials = (await Promise.all(nodes.map(({ node }) => ledgerOf(deployment, "mq", node))))
      .flat()
      .map(({ serial }) => serial);
    expect(serials).toEqual(expect.arrayContaining(reserved.map(({ serial }) => serial)));
  });
});
