import { calculateJwkThumbprint, exportJWK } from "jose";
import { X509Certificate } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCsr } from "../support/csr.ts";
import { codeOf, rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";

const ZONE = "nodes.example.internal";
const HOST = `node-01.${ZONE}`;
const NODE = `rabbit@${HOST}`;

let deployment: Deployment;
beforeAll(async () => {
  deployment = await startDeployment({
    definitions: {
      mq: rabbitDefinition(ZONE, { nodes: { names: ["rabbit", "rabbit<n>"], hosts: [`*.${ZONE}`] } }),
      short: {
        ...rabbitDefinition("short", { nodes: { names: ["rabbit"], hosts: ["mq-<n>"] } }),
        certificate: { lifetime: "1h", maxLifetime: "2h" },
      },
      six: {
        ...rabbitDefinition("six", { nodes: { names: ["rabbit"], hosts: ["fd00:20::/64", "10.20.0.0/24"] } }),
      },
    },
  });
});
afterAll(() => deployment[Symbol.asyncDispose]());

interface Reply {
  readonly certificate: {
    readonly pem: string;
    readonly serial: string;
    readonly notBefore: string;
    readonly notAfter: string;
    readonly names: readonly string[];
  };
  readonly renewal: { readonly after: string; readonly before: string };
  readonly node: { readonly portOffset: number };
  readonly ports: readonly { readonly name: string; readonly port: number }[];
}

let fresh = 0;
/** A node that nobody has asked for before. */
const newNode = (): string => `rabbit@fresh-${String(fresh++)}.${ZONE}`;
const events = async (serial: string): Promise<readonly string[]> => {
  const reply = await deployment.administer(`/v1/clusters/mq/certificates/${serial}`);
  return (await reply.json<{ events: { kind: string }[] }>()).events.map(({ kind }) => kind);
};

describe("a first call", () => {
  it("gets a certificate for the node's names, whose key is the CSR's", async () => {
    const csr = await makeCsr({ commonName: HOST });
    const reply = await deployment.askBundle(
      "mq",
      NODE,
      await deployment.mint("mq", { exact: NODE }),
      csr.csrPem,
    );
    expect(reply.status).toBe(201);
    expect(reply.headers.get("Idempotent-Replay")).toBeNull();
    const { certificate, renewal } = await reply.json<Reply>();
    expect(certificate.names).toEqual([`DNS:${HOST}`, "DNS:node-01"]);
    const leaf = new X509Certificate(certificate.pem);
    const spki = await crypto.subtle.exportKey("spki", csr.keys.publicKey);
    expect(leaf.publicKey.export({ format: "der", type: "spki" })).toEqual(Buffer.from(spki as ArrayBuffer));
    expect(leaf.serialNumber.toLowerCase().replace(/^0+/, "")).toBe(certificate.serial.replace(/^0+/, ""));
    const lifetime = (Date.parse(certificate.notAfter) - Date.parse(certificate.notBefore)) / 1000 + 1;
    expect(lifetime).toBe(30 * 86_400);
    expect(renewal.before).toBe(certificate.notAfter);
    expect(Date.parse(renewal.after)).toBeLessThanOrEqual(Date.parse(certificate.notBefore) + lifetime * 667);
  });
  it.each(["[fd00:20::12]", "fd00:20::12", "10.20.0.12"])(
    "for the address %s has it as an address and as a name, or says that it is none",
    async (host) => {
      const node = `rabbit@${host}`;
      const token = await deployment.mint("six", { exact: node });
      const reply = await deployment.askBundle("six", node, token, (await makeCsr()).csrPem);
      if (host.startsWith("[")) {
        expect(await codeOf(reply)).toBe("malformed-request");
        return;
      }
      expect((await reply.json<Reply>()).certificate.names).toEqual([`IP:${host}`, `DNS:${host}`]);
    },
  );
  it("for a short host has that name once", async () => {
    const token = await deployment.mint("short", { exact: "rabbit@mq-1" });
    const reply = await deployment.askBundle("short", "rabbit@mq-1", token, (await makeCsr()).csrPem);
    expect((await reply.json<Reply>()).certificate.names).toEqual(["DNS:mq-1"]);
  });
  it("takes the port offset into every port, and refuses one that leaves the range", async () => {
    const node = newNode();
    const token = await deployment.mint("mq", { exact: node });
    const { csrPem } = await makeCsr();
    const reply = await (
      await deployment.askBundle("mq", node, token, csrPem, "?portOffset=3")
    ).json<Reply>();
    expect(Object.fromEntries(reply.ports.map(({ name, port }) => [name, port]))).toMatchObject({
      distribution: 25_675,
      amqp: 5675,
      epmd: 4369,
    });
    expect(await codeOf(await deployment.askBundle("mq", node, token, csrPem, "?portOffset=60000"))).toBe(
      "port-out-of-range",
    );
  });
  it("may ask for a shorter life, and not for a longer one than the cluster's longest", async () => {
    const node = newNode();
    const token = await deployment.mint("mq", { exact: node });
    const { csrPem } = await makeCsr();
    expect(await codeOf(await deployment.askBundle("mq", node, token, csrPem, "?lifetime=91d"))).toBe(
      "option-invalid",
    );
    expect(await codeOf(await deployment.askBundle("mq", node, token, csrPem, "?lifetime=59m"))).toBe(
      "option-invalid",
    );
    const { certificate } = await (
      await deployment.askBundle("mq", node, token, csrPem, "?lifetime=2h")
    ).json<Reply>();
    expect(Date.parse(certificate.notAfter) - Date.parse(certificate.notBefore)).toBe((2 * 3600 - 1) * 1000);
  });
});

describe("a retry", () => {
  it("gets the same certificate whatever else it asks: options shape the files, not the certificate", async () => {
    const node = newNode();
    const token = await deployment.mint("mq", { exact: node });
    const { csrPem, csrDer } = await makeCsr();
    const first = await deployment.askBundle("mq", node, token, csrPem);
    const { certificate } = await first.json<Reply>();
    for (const [body, query] of [
      [csrPem, ""],
      [new Blob([csrDer]), ""],
      [csrPem, "?portOffset=4"],
      [csrPem, "?lifetime=2h"],
      [csrPem, "?strategy=flags"],
    ] as const) {
      const again = await deployment.askBundle("mq", node, token, body, query);
      expect([again.status, again.headers.get("Idempotent-Replay")]).toEqual([200, "true"]);
      expect((await again.json<Reply>()).certificate).toEqual(certificate);
    }
    expect(await events(certificate.serial)).toEqual(["issued", "replayed"]);
  });
  it("with another request for the same key gets the same certificate", async () => {
    const node = newNode();
    const token = await deployment.mint("mq", { exact: node });
    const csr = await makeCsr();
    const again = await makeCsr({ keys: csr.keys, commonName: node.split("@")[1] ?? "" });
    const [first, second] = [
      await deployment.askBundle("mq", node, token, csr.csrPem),
      await deployment.askBundle("mq", node, token, again.csrPem),
    ];
    expect([first.status, second.status]).toEqual([201, 200]);
    expect((await second.json<Reply>()).certificate).toEqual((await first.json<Reply>()).certificate);
  });
  it("with another key is a stolen token: refused, and an alarm", async () => {
    const node = newNode();
    const token = await deployment.mint("mq", { exact: node });
    expect((await deployment.askBundle("mq", node, token, (await makeCsr()).csrPem)).status).toBe(201);
    expect(await codeOf(await deployment.askBundle("mq", node, token, (await makeCsr()).csrPem))).toBe(
      "credential-bound",
    );
    expect(deployment.log()).toContain('"code":"credential-bound"');
  });
  it("after the token's end still gets what it was bound to, and an unused one gets nothing", async () => {
    const node = newNode();
    // The leeway for clocks is 60 s, so this token dies two seconds from now.
    const minted = Math.floor(Date.now() / 1000) - 3600 - 58;
    const token = await deployment.mint("mq", { exact: node }, {}, minted);
    const csr = await makeCsr();
    const first = await deployment.askBundle("mq", node, token, csr.csrPem, "?format=pem");
    expect(first.status).toBe(201);
    await delay(3500);
    const again = await deployment.askBundle("mq", node, token, csr.csrPem, "?format=pem");
    expect([again.status, await again.text()]).toEqual([200, await first.text()]);
    expect(await codeOf(await deployment.askBundle("mq", node, token, (await makeCsr()).csrPem))).toBe(
      "credential-bound",
    );
    const unused = await deployment.mint("mq", { exact: node }, {}, minted);
    expect(await codeOf(await deployment.askBundle("mq", node, unused, csr.csrPem))).toBe(
      "credential-expired",
    );
  });
});

describe("a form that the reply cannot have", () => {
  it.each([
    ["?packaging=windows&format=tar", 406],
    ["?dryRun=true&format=pem", 406],
  ])("%s is refused before anything is issued", async (query, status) => {
    const node = newNode();
    const token = await deployment.mint("mq", { exact: node });
    const refused = await deployment.askBundle("mq", node, token, (await makeCsr()).csrPem, query);
    expect(refused.status).toBe(status);
    const list = await deployment.administer(`/v1/clusters/mq/certificates?node=${encodeURIComponent(node)}`);
    expect(await list.json<object>()).toEqual({ certificates: [], next: null });
    expect((await deployment.askBundle("mq", node, token, (await makeCsr()).csrPem)).status).toBe(201);
  });
});

describe("a dry run", () => {
  it("checks everything and changes nothing", async () => {
    const node = newNode();
    const token = await deployment.mint("mq", { exact: node });
    const { csrPem } = await makeCsr();
    const dry = await deployment.askBundle("mq", node, token, csrPem, "?dryRun=true");
    expect(dry.status).toBe(200);
    expect(await dry.json<object>()).toMatchObject({
      dryRun: true,
      names: [`DNS:${node.slice(7)}`, expect.stringMatching(/^DNS:fresh-/)],
    });
    expect(
      await codeOf(await deployment.askBundle("mq", node, token, csrPem, "?dryRun=true&lifetime=91d")),
    ).toBe("option-invalid");
    const other = await deployment.askBundle("mq", node, token, (await makeCsr()).csrPem);
    expect(other.status).toBe(201);
  });
});

describe("a token", () => {
  const mint = async (body: object): Promise<Response> =>
    deployment.administer("/v1/clusters/mq/tokens", { method: "POST", body: JSON.stringify(body) });

  it("is minted for one node, and bound to one CSR where the administrator says so", async () => {
    const node = newNode();
    const csr = await makeCsr();
    const digest = Buffer.from(await crypto.subtle.digest("SHA-256", csr.csrDer)).toString("hex");
    const reply = await mint({ node, lifetime: "15m", csrSha256: digest });
    expect(reply.status).toBe(201);
    const { token, ...facts } = await reply.json<{ token: string; id: string; expiresAt: string }>();
    expect(facts).toMatchObject({ node, uses: 1, id: expect.stringMatching(/^[0-9a-f]{32}$/) as string });
    expect(Date.parse(facts.expiresAt) - Date.now()).toBeLessThanOrEqual(900_000);
    expect(await codeOf(await deployment.askBundle("mq", node, token, (await makeCsr()).csrPem))).toBe(
      "credential-bound",
    );
    expect((await deployment.askBundle("mq", node, token, csr.csrPem)).status).toBe(201);
  });
  it("is bound to one key where the administrator says so, for as many requests as the key makes", async () => {
    const node = newNode();
    const { keys, csrPem } = await makeCsr();
    const jkt = await calculateJwkThumbprint(await exportJWK(keys.publicKey));
    const { token } = await (await mint({ node, jkt })).json<{ token: string }>();
    const ask = async (csr: string, query = ""): Promise<string | number> =>
      codeOf(await deployment.askBundle("mq", node, token, csr, query));
    const stranger = (await makeCsr()).csrPem;
    expect(await ask(stranger)).toBe("credential-bound");
    const dry = await deployment.askBundle("mq", node, token, stranger, "?dryRun=true");
    expect((await dry.json<{ checks: object[] }>()).checks).toContainEqual(
      expect.objectContaining({ name: "credential-is-free", pass: false }),
    );
    expect([await ask((await makeCsr({ keys })).csrPem), await ask(csrPem)]).toEqual([201, 200]);
  });
  it.each([
    [{}, 400],
    [{ node: 42 }, 400],
    [{ node: NODE, nodes: `rabbit@*.${ZONE}` }, 400],
    [{ node: NODE, uses: 2 }, 400],
    [{ node: NODE, lifetime: "2h" }, 400],
    [{ node: NODE, csrSha256: "x" }, 400],
    [{ node: NODE, jkt: "x" }, 400],
    [{ node: NODE, jkt: "A".repeat(43), csrSha256: "ab".repeat(32) }, 400],
    [{ node: NODE, admin: true }, 400],
    [{ nodes: "rabbit@*", uses: 2 }, 400],
    [{ nodes: `rabbit@*.${ZONE}`, uses: 0 }, 400],
    [{ node: "rabbit@elsewhere.example" }, 403],
  ])("asked for as %j is refused with %i", async (body, status) => {
    expect((await mint(body)).status).toBe(status);
  });
  it("for many may not take the name of a living node; one for exactly that node moves it", async () => {
    const node = newNode();
    expect(
      (
        await deployment.askBundle(
          "mq",
          node,
          await deployment.mint("mq", { exact: node }),
          (await makeCsr()).csrPem,
        )
      ).status,
    ).toBe(201);
    const many = await deployment.mint("mq", { form: `rabbit@*.${ZONE}` }, { uses: 5 });
    expect(await codeOf(await deployment.askBundle("mq", node, many, (await makeCsr()).csrPem))).toBe(
      "node-held-by-another",
    );
    const reinstalled = await deployment.mint("mq", { exact: node });
    expect((await deployment.askBundle("mq", node, reinstalled, (await makeCsr()).csrPem)).status).toBe(201);
  });
  it("of an EST-like client comes as the password of its node", async () => {
    const node = newNode();
    const token = await deployment.mint("mq", { exact: node });
    const reply = await fetch(`${deployment.origin()}/v1/clusters/mq/nodes/${node}/bundle`, {
      method: "POST",
      headers: { Authorization: `Basic ${btoa(`${node}:${token}`)}` },
      body: Buffer.from((await makeCsr()).csrDer).toString("base64"),
    });
    expect(reply.status).toBe(201);
  });
});

describe("the ledger, as an administrator reads it", () => {
  it("lists and shows what was issued, in pages, and refuses filters that it does not have", async () => {
    const list = async (query: string): Promise<Response> =>
      deployment.administer(`/v1/clusters/mq/certificates${query}`);
    const page = await (
      await list("?limit=2&state=valid")
    ).json<{ certificates: { serial: string; credential: object }[]; next: string | null }>();
    expect(page.certificates).toHaveLength(2);
    expect(page.next).not.toBeNull();
    const rest = await (
      await list(`?limit=1000&state=valid&cursor=${page.next ?? ""}`)
    ).json<{ certificates: { serial: string }[]; next: string | null }>();
    const serials = [...page.certificates, ...rest.certificates].map(({ serial }) => serial);
    expect(new Set(serials).size).toBe(serials.length);
    expect(rest.next).toBeNull();
    const [first] = page.certificates;
    const one = await (
      await deployment.administer(`/v1/clusters/mq/certificates/${first?.serial ?? ""}`)
    ).json<object>();
    expect(one).toMatchObject({ ...first, pem: expect.stringContaining("BEGIN CERTIFICATE") as string });
    for (const query of [
      "?limit=0",
      "?limit=1001",
      "?state=odd",
      "?cursor=x",
      "?expiresBefore=tomorrow",
      "?serial=1",
      "?state=valid&state=valid",
    ]) {
      expect([query, await codeOf(await list(query))]).toEqual([query, "option-invalid"]);
    }
    expect(await codeOf(await deployment.administer("/v1/clusters/mq/certificates/00"))).toBe(
      "certificate-unknown",
    );
  });
  it("holds nothing of strangers: a thousand forged credentials add no row", async () => {
    const count = async (): Promise<number> =>
      (
        await (
          await deployment.administer("/v1/clusters/short/certificates?limit=1000")
        ).json<{ certificates: unknown[] }>()
      ).certificates.length;
    const before = await count();
    const forged = (await deployment.mint("short", { exact: "rabbit@mq-2" })).slice(0, -4).concat("AAAA");
    const { csrPem } = await makeCsr();
    const replies = await Promise.all(
      Array.from({ length: 200 }, () => deployment.askBundle("short", "rabbit@mq-2", forged, csrPem)),
    );
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([401]));
    expect(await count()).toBe(before);
    const good = await deployment.mint("short", { exact: "rabbit@mq-2" });
    expect((await deployment.askBundle("short", "rabbit@mq-2", good, csrPem)).status).toBe(201);
  });
});
