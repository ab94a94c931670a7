import "reflect-metadata";
import { X509Certificate } from "@peculiar/x509";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCsr } from "../support/csr.ts";
import { codeOf, rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import { sharedDir } from "../support/shared.ts";
import { makeClusterSecret, type ClusterSecret } from "../support/test-ca.ts";

interface CaSet {
  readonly id: string;
  readonly what: string;
  readonly expected: string;
  readonly reason: string;
  readonly canary_kind?: "private-key";
  readonly subject_der_sha256?: string;
}

const folder = join(sharedDir ?? "", "data/ca");
const read = (path: string): string => readFileSync(join(folder, path), "utf8");
const sets = sharedDir === null ? [] : (JSON.parse(read("index.json")) as { sets: CaSet[] }).sets;

/** The chain of a set is the intermediate and what stands above it; a cluster secret names the root apart. */
const secretOf = ({ id }: CaSet): ClusterSecret => ({
  version: 1,
  certificate: id.startsWith("chain-") ? read(`${id}/chain.pem`) : read(`${id}/ca.pem`),
  privateKey: read(`${id}/key.pem`),
  trustBundle: read("root.pem"),
  tokenKey: Buffer.alloc(32, 7).toString("base64"),
});

const NODE = "rabbit@node-01.nodes.example.internal";
const ask = async (
  deployment: Deployment,
  cluster: string,
  node = NODE,
  query = "?format=pem",
): Promise<Response> =>
  deployment.askBundle(
    cluster,
    node,
    await deployment.mint(cluster, { exact: node }),
    (await makeCsr()).csrPem,
    query,
  );

if (sharedDir === null) console.warn("skipped: the CA sets are not available here: ../shared is absent");

describe.skipIf(sharedDir === null)("every CA set of the corpus, as a cluster's secret", () => {
  let deployment: Deployment;
  const secretName = (id: string): string => `interlock/${id}`;
  const bodies: string[] = [];
  beforeAll(async () => {
    deployment = await startDeployment({
      definitions: Object.fromEntries(
        sets.map(({ id }) => [id, { ...rabbitDefinition(), ca: { secret: secretName(id) } }]),
      ),
      secrets: Object.fromEntries(sets.map((set) => [secretName(set.id), secretOf(set)])),
    });
  });
  afterAll(() => deployment[Symbol.asyncDispose]());

  const readiness = async (id: string): Promise<string> => {
    const reply = await fetch(`${deployment.origin()}/readyz`);
    const text = await reply.text();
    bodies.push(text);
    return (JSON.parse(text) as { clusters: Record<string, { ca: string }> }).clusters[id]?.ca ?? "absent";
  };

  it.each(sets)("$id ($reason): $expected", async (set) => {
    const reply = await ask(deployment, set.id);
    const body = await reply.text();
    bodies.push(body);
    const [issued, ready] = [reply.status === 201, (await readiness(set.id)) === "ok"];
    expect(issued).toBe(ready);
    if (set.expected.startsWith("issue") && !set.expected.includes("-or-"))
      expect([set.id, issued]).toEqual([set.id, true]);
    if (set.expected.startsWith("refuse"))
      expect([set.id, issued, reply.status]).toEqual([set.id, false, 503]);
    if (!issued) {
      expect(reply.headers.get("Retry-After")).not.toBeNull();
      return;
    }
    const [leaf = "", issuer = ""] = body.match(/-----BEGIN[^]*?-----END CERTIFICATE-----/g) ?? [];
    const issuerName = new Uint8Array(new X509Certificate(leaf).issuerName.toArrayBuffer());
    expect(Buffer.from(issuerName)).toEqual(
      Buffer.from(new X509Certificate(issuer).subjectName.toArrayBuffer()),
    );
    if (set.subject_der_sha256 !== undefined) {
      expect(createHash("sha256").update(issuerName).digest("hex")).toBe(set.subject_der_sha256);
    }
  });

  it("no key byte is in a reply or a log line", () => {
    const keyLines = sets.flatMap(({ id }) =>
      read(`${id}/key.pem`)
        .split("\n")
        .filter((line) => /^[A-Za-z0-9+/=]{40,}$/.test(line)),
    );
    const everything = [...bodies, deployment.log()].join("\n");
    // A key file repeats the public half, which the certificates hold too, at times line by line.
    const publicFiles = sets.map(
      ({ id }) => (id === "key-is-public" ? read(`${id}/key.pem`) : "") + read(`${id}/ca.pem`),
    );
    const publicText = publicFiles.join("\n");
    expect(keyLines.length).toBeGreaterThan(50);
    expect(keyLines.filter((line) => !publicText.includes(line) && everything.includes(line))).toEqual([]);
  });

  it("a defect is an alarm in the log, by its reason alone", () => {
    expect(deployment.log()).toMatch(
      /"level":"error","event":"ca-defective","cluster":"mismatch-other-type","cause":"key-mismatch"/,
    );
  });
});

describe("a CA near its end", () => {
  const HOUR = 3_600_000;
  let deployment: Deployment;
  beforeAll(async () => {
    const names = { "in-half-an-hour": 0.5, "in-two-days": 48, "in-sixty-days": 60 * 24 };
    const made = await Promise.all(
      Object.entries(names).map(
        async ([id, hours]) =>
          [id, await makeClusterSecret({ notAfter: new Date(Date.now() + hours * HOUR) })] as const,
      ),
    );
    deployment = await startDeployment({
      definitions: Object.fromEntries(
        made.map(([id]) => [id, { ...rabbitDefinition(), ca: { secret: `interlock/${id}` } }]),
      ),
      secrets: Object.fromEntries(made.map(([id, secret]) => [`interlock/${id}`, secret])),
    });
  });
  afterAll(() => deployment[Symbol.asyncDispose]());

  it("in half an hour signs nothing", async () => {
    expect(await codeOf(await ask(deployment, "in-half-an-hour"))).toBe("ca-expired");
  });
  it("in half an hour is not ready, for the same reason", async () => {
    const reply = await fetch(`${deployment.origin()}/readyz`);
    expect(reply.status).toBe(503);
    expect(await reply.json()).toMatchObject({
      status: "not-ready",
      clusters: { "in-half-an-hour": { ca: "ca-expired" }, "in-two-days": { ca: "ok" } },
    });
  });
  it("in two days refuses what would outlive it, and issues what would not", async () => {
    expect(await codeOf(await ask(deployment, "in-two-days"))).toBe("option-invalid");
    expect((await ask(deployment, "in-two-days", NODE, "?lifetime=24h")).status).toBe(201);
  });
  it("still answers what it has signed, when its end has come too near for a new certificate", async () => {
    // Until then the default lifetime of 30 days fits (five minutes of it are in the past).
    const last = Date.now() + 8000;
    const notAfter = new Date(last + 30 * 24 * HOUR - 300_000);
    await using soon = await startDeployment({
      definitions: { mq: rabbitDefinition() },
      secrets: { "interlock/nodes.example.internal": await makeClusterSecret({ notAfter }) },
    });
    const token = await soon.mint("mq", { exact: NODE });
    const { csrPem } = await makeCsr();
    const first = await soon.askBundle("mq", NODE, token, csrPem, "?format=pem");
    await delay(last - Date.now() + 1500);
    const again = await soon.askBundle("mq", NODE, token, csrPem, "?format=pem");
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(await again.text()).toBe(await first.text());
    const other = "rabbit@node-03.nodes.example.internal";
    const late = await soon.askBundle("mq", other, await soon.mint("mq", { exact: other }), csrPem);
    expect(late.status).toBe(400);
  });
  it("in sixty days warns", async () => {
    const reply = await (
      await ask(deployment, "in-sixty-days", NODE, "")
    ).json<{
      warnings: { code: string }[];
    }>();
    expect(reply.warnings.map(({ code }) => code)).toEqual(["ca-ends-soon"]);
  });
});

describe.skipIf(sharedDir === null)("a CA that is constrained to one zone", () => {
  it("issues inside the zone, without the bare host name; a cluster that reaches beyond it gets nothing signed", async () => {
    const constrained = sets.find(({ id }) => id === "name-constrained-nodes");
    if (constrained === undefined) throw new Error("the corpus has no constrained CA");
    const secret = secretOf(constrained);
    await using deployment = await startDeployment({
      definitions: {
        inside: { ...rabbitDefinition(), ca: { secret: "interlock/inside" } },
        beyond: { ...rabbitDefinition("edge.example.internal"), ca: { secret: "interlock/beyond" } },
      },
      secrets: { "interlock/inside": secret, "interlock/beyond": secret },
    });
    const inside = await (
      await ask(deployment, "inside", NODE, "")
    ).json<{
      certificate: { names: string[] };
      warnings: { code: string }[];
    }>();
    expect(inside.certificate.names).toEqual(["DNS:node-01.nodes.example.internal"]);
    expect(inside.warnings.map(({ code }) => code)).toEqual(["bare-name-left-out"]);
    expect((await ask(deployment, "beyond", "rabbit@emqx-01.edge.example.internal")).status).toBe(503);
  });
});
