import "reflect-metadata";
import { SubjectAlternativeNameExtension, X509Certificate } from "@peculiar/x509";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import bundled from "../../infra/clusters.json" with { type: "json" };
import { corpusBody, readCorpus, readIdentities, type CorpusEntry } from "../support/corpus.ts";
import { makeCsr } from "../support/csr.ts";
import { startDeployment, type Definitions, type Deployment } from "../support/deployment.ts";
import { sharedDir } from "../support/shared.ts";

/** The clusters that we ship, with the corpus' own blocklist. */
const definitions = (corpus: readonly CorpusEntry[]): Definitions => {
  const blockedKeys = corpus.flatMap(({ needs, spki_sha256 }) =>
    needs === "blocklist" && spki_sha256 !== undefined ? [spki_sha256] : [],
  );
  const rabbit = bundled.clusters["rabbit-prod"];
  return {
    ...bundled.clusters,
    "rabbit-prod": { ...rabbit, certificate: { ...rabbit.certificate, blockedKeys } },
  };
};

const EXTENSIONS = ["2.5.29.14", "2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.35", "2.5.29.37"];

/** What a certificate of the profile says and no more, as a library that is not ours reads it. */
const namesOf = (chain: string): readonly string[] => {
  const certificate = new X509Certificate(/-----BEGIN[^]*?-----END CERTIFICATE-----/.exec(chain)?.[0] ?? "");
  expect(certificate.extensions.map(({ type }) => type).toSorted()).toEqual(EXTENSIONS);
  const names = certificate.getExtension(SubjectAlternativeNameExtension)?.names.items ?? [];
  return names.map(({ type, value }) => `${type}:${value}`).toSorted();
};

const filesBelow = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) =>
    statSync(join(folder, name)).isDirectory() ? filesBelow(join(folder, name)) : [join(folder, name)],
  );

if (sharedDir === null) console.warn("skipped: the CSR corpus is not available here: ../shared is absent");

describe.skipIf(sharedDir === null)("every certification request of the corpus", () => {
  const corpus = readCorpus();
  const identities = new Map(readIdentities().map((identity) => [identity.id, identity]));
  const replies: string[] = [];
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment({ definitions: definitions(corpus) });
    // The first request of an isolate pays for its start; `max_ms` is about the request.
    await fetch(`${deployment.origin()}/readyz`);
  });
  afterAll(() => deployment[Symbol.asyncDispose]());

  it.each(corpus)("$id ($reason): $expected, $strength", async (entry) => {
    const identity = identities.get(entry.identity);
    if (identity === undefined) throw new Error("the corpus names an unknown identity");
    const { cluster, node } = identity;
    const token = await deployment.mint(cluster, { exact: node });
    const started = performance.now();
    const reply = await deployment.askBundle(cluster, node, token, corpusBody(entry), "?format=pem");
    const text = await reply.text();
    replies.push(text);
    expect(performance.now() - started).toBeLessThan(entry.max_ms);
    expect(reply.status).toBeLessThan(500);
    if (entry.strength === "must")
      expect([entry.id, reply.ok ? "accept" : "reject"]).toEqual([entry.id, entry.expected]);
    if (reply.ok) {
      const bare = identity.dns[0]?.split(".")[0] ?? "";
      const own = cluster === "rabbit-prod" ? [`dns:${bare}`] : [];
      const granted = [
        ...identity.dns.map((name) => `dns:${name}`),
        ...identity.ip.map((address) => `ip:${address}`),
        ...own,
      ];
      expect(namesOf(text)).toEqual(granted.toSorted());
    } else {
      expect(reply.headers.get("Content-Type")).toBe("application/problem+json");
      // A refusal costs nothing: the token still serves a good request.
      const good = await deployment.askBundle(cluster, node, token, (await makeCsr()).csrPem);
      expect(good.status).toBe(201);
    }
  });

  it("leaves no canary in a reply, a log line or the ledger", () => {
    const secrets = corpus.flatMap((entry) => {
      if (entry.canary !== undefined) return [entry.canary];
      if (entry.canary_kind !== "private-key") return [];
      return corpusBody(entry)
        .toString()
        .split("\n")
        .filter((line) => /^[A-Za-z0-9+/=]{40,}$/.test(line));
    });
    expect(secrets.length).toBeGreaterThan(1);
    const ledger = filesBelow(deployment.stateDirectory).map((file) => readFileSync(file, "latin1"));
    const everything = [...replies, deployment.log(), ...ledger].join("\n");
    expect(secrets.filter((secret) => everything.includes(secret))).toEqual([]);
    expect(ledger.join("")).toContain("jti:");
  });

  it("a request with the CA's own key is refused", async () => {
    const secret = deployment.secrets["interlock/rabbit-prod"];
    const der = Buffer.from((secret?.privateKey ?? "").replace(/-----[^-]+-----|\s/g, ""), "base64");
    const algorithm = { name: "ECDSA", namedCurve: "P-256" };
    const privateKey = await crypto.subtle.importKey("pkcs8", der, algorithm, true, ["sign"]);
    const publicKey = await new X509Certificate(secret?.certificate ?? "").publicKey.export();
    const { csrPem } = await makeCsr({ keys: { privateKey, publicKey } });
    const node = "rabbit@node-01.nodes.example.internal";
    const reply = await deployment.askBundle(
      "rabbit-prod",
      node,
      await deployment.mint("rabbit-prod", { exact: node }),
      csrPem,
    );
    expect([reply.status, (await reply.json<{ code: string }>()).code]).toEqual([400, "weak-key"]);
  });

  it("a request with another node's key is refused", async () => {
    const csr = await makeCsr();
    const ask = async (host: string): Promise<number> => {
      const node = `rabbit@${host}.nodes.example.internal`;
      return (
        await deployment.askBundle(
          "rabbit-prod",
          node,
          await deployment.mint("rabbit-prod", { exact: node }),
          csr.csrPem,
        )
      ).status;
    };
    expect([await ask("key-owner"), await ask("key-borrower"), await ask("key-owner")]).toEqual([
      201, 400, 200,
    ]);
  });

  it.each([1, 10])("a body of %i MiB is refused, with and without a length", async (mebibytes) => {
    const node = "rabbit@node-01.nodes.example.internal";
    const token = await deployment.mint("rabbit-prod", { exact: node });
    const url = `${deployment.origin()}/v1/clusters/rabbit-prod/nodes/${node}/bundle`;
    const length = mebibytes * 1024 * 1024;
    expect(await offerBody(url, token, length)).toEqual({ status: 413, wanted: false });
    const chunked = await fetch(url, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}` },
      body: new Blob([new Uint8Array(length)]).stream(),
      duplex: "half",
    } as RequestInit).then(
      (reply) => reply.status,
      // workerd may close the connection on a body that nobody reads any further.
      () => "cut off",
    );
    expect([413, "cut off"]).toContain(chunked);
  });

  it("a body of 1 MiB is refused to who sends it unasked", async () => {
    const node = "rabbit@node-01.nodes.example.internal";
    const token = await deployment.mint("rabbit-prod", { exact: node });
    const body = new Uint8Array(1024 * 1024);
    expect((await deployment.askBundle("rabbit-prod", node, token, body)).status).toBe(413);
  });
});

/** What is answered to an announced body, and whether it was asked for (RFC 9110 §10.1.1). curl announces what is larger than 1 MiB. */
const offerBody = (
  url: string,
  token: string,
  length: number,
): Promise<{ readonly status: number | undefined; readonly wanted: boolean }> =>
  new Promise((answered, failed) => {
    let wanted = false;
    const offer = request(url, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Length": length, Expect: "100-continue" },
    });
    offer.once("continue", () => {
      wanted = true;
    });
    offer.once("response", ({ statusCode }) => {
      answered({ status: statusCode, wanted });
      offer.destroy();
    });
    offer.once("error", failed);
    offer.flushHeaders();
  });
