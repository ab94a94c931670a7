import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCsr } from "../support/csr.ts";
import {
  ADMIN_TOKEN,
  codeOf,
  rabbitDefinition,
  startDeployment,
  type Deployment,
} from "../support/deployment.ts";

/** The cases of `../shared/data/http/cases.json` that concern what is served today, by their ids. */
const NODE = "rabbit@node-01.nodes.example.internal";
const BUNDLE = `/v1/clusters/mq/nodes/${NODE}/bundle`;

let deployment: Deployment;
beforeAll(async () => {
  deployment = await startDeployment({
    definitions: { mq: rabbitDefinition(), other: rabbitDefinition("other.internal") },
  });
});
afterAll(() => deployment[Symbol.asyncDispose]());

const call = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(deployment.origin() + path, { redirect: "manual", ...init });

const post = async (body: BodyInit, headers: Record<string, string> = {}, query = ""): Promise<Response> =>
  call(BUNDLE + query, {
    method: "POST",
    body,
    headers: { Authorization: `Bearer ${await deployment.mint("mq", { exact: NODE })}`, ...headers },
  });

/** What the server says to bytes that no HTTP client would send. */
const raw = (text: string, hangUp = false): Promise<string> =>
  new Promise((heard, failed) => {
    const { port, hostname } = new URL(deployment.origin());
    const socket = connect(Number(port), hostname, () => (hangUp ? socket.end(text) : socket.write(text)));
    let reply = "";
    socket.on("data", (chunk: Buffer) => (reply += chunk.toString()));
    socket.on("error", failed);
    socket.on("close", () => heard(reply));
    socket.setTimeout(2000, () => socket.destroy());
  });

describe("credentials", () => {
  it("no-auth, bad-auth: a 401 that tells nothing of what exists", async () => {
    const known = await call(BUNDLE, { method: "POST", body: "x" });
    const unknown = await call("/v1/clusters/mq/nodes/rabbit@nobody.nodes.example.internal/bundle", {
      method: "POST",
      body: "x",
    });
    const garbage = await call(BUNDLE, {
      method: "POST",
      body: (await makeCsr()).csrPem,
      headers: { Authorization: "Bearer x" },
    });
    for (const reply of [known, unknown, garbage]) {
      expect(reply.status).toBe(401);
      expect(reply.headers.get("WWW-Authenticate")).toContain("Bearer");
    }
    const [first, second] = [
      await known.json<{ detail: string }>(),
      await unknown.json<{ detail: string }>(),
    ];
    expect(first.detail).toBe(second.detail);
  });
  it("two credentials are ambiguous", async () => {
    expect(await codeOf(await post("x", { Authorization: "Bearer a, Bearer b" }))).toBe(
      "ambiguous-credential",
    );
  });
  it("no route of the administrator answers a stranger, nor says what exists", async () => {
    const routes = ["tokens", "certificates", "certificates/00", "tokens/00"];
    for (const path of routes.flatMap((route) => [
      `/v1/clusters/mq/${route}`,
      `/v1/clusters/nobody/${route}`,
    ])) {
      const method = path.endsWith("tokens") ? "POST" : path.includes("tokens/") ? "DELETE" : "GET";
      expect([path, (await call(path, { method })).status]).toEqual([path, 401]);
      expect([path, (await call(path, { method, headers: { Authorization: "Bearer x" } })).status]).toEqual([
        path,
        401,
      ]);
    }
  });
  it("a join token is no administrator's credential, and the administrator's is no join token", async () => {
    const token = await deployment.mint("mq", { exact: NODE });
    expect(
      (await call("/v1/clusters/mq/certificates", { headers: { Authorization: `Bearer ${token}` } })).status,
    ).toBe(401);
    expect((await post((await makeCsr()).csrPem, { Authorization: `Bearer ${ADMIN_TOKEN}` })).status).toBe(
      401,
    );
  });
  it("token-create-for-other-cluster: a token reaches no further than its cluster's definition", async () => {
    const mint = (body: object): Promise<Response> =>
      deployment.administer("/v1/clusters/mq/tokens", { method: "POST", body: JSON.stringify(body) });
    expect(await codeOf(await mint({ node: "rabbit@mq-1.other.internal" }))).toBe("node-not-allowed");
    expect(await codeOf(await mint({ nodes: "rabbit@*.other.internal" }))).toBe("node-not-allowed");
    expect(await codeOf(await mint({ nodes: "rabbit@*.example.internal" }))).toBe("node-not-allowed");
    const token = await deployment.mint("mq", { exact: NODE });
    const reply = await call(`/v1/clusters/other/nodes/${NODE}/bundle`, {
      method: "POST",
      body: (await makeCsr()).csrPem,
      headers: { Authorization: `Bearer ${token}` },
    });
    expect(reply.status).toBe(401);
  });
});

describe("bodies", () => {
  it("body-empty", async () => expect(await codeOf(await post(""))).toBe("malformed-request"));
  it("body-gzip: a bomb is not unpacked", async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    expect(await codeOf(await post(bomb, { "Content-Encoding": "gzip" }))).toBe("media-type-unsupported");
  });
  it("body-limit-lie: more bytes than Content-Length says are another request, or nothing", async () => {
    const reply = await raw(
      `POST ${BUNDLE} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n{"csr":"x"}\r\n\r\n`,
    );
    expect(reply).toMatch(/^HTTP\/1\.1 401/);
    expect(reply).not.toContain("HTTP/1.1 2");
  });
  it("a caller who hangs up in the middle is no fault of ours", async () => {
    const reply = await raw(
      `POST ${BUNDLE} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\nContent-Length: 10\r\n\r\n{`,
      true,
    );
    expect(reply).not.toMatch(/^HTTP\/1\.1 5/);
    expect(deployment.log()).not.toContain('"status":500');
  });
  it("ct-missing, ct-pkcs10 and curl's default are read", async () => {
    for (const type of ["", "application/pkcs10", "application/x-www-form-urlencoded", "text/plain"]) {
      const { csrDer } = await makeCsr();
      expect([type, (await post(new Blob([csrDer]), { "Content-Type": type })).status]).toEqual([type, 201]);
    }
  });
  it("ct-text-plain, ct-multipart, ct-xml: a browser's form is refused", async () => {
    const json = JSON.stringify({ csr: (await makeCsr()).csrPem });
    for (const type of ["text/plain", "multipart/form-data; boundary=x", "application/xml"]) {
      expect([type, (await post(json, { "Content-Type": type })).status]).toEqual([type, 415]);
    }
  });
  it.each([
    ["json-dup-keys", '{"csr":"a","csr":"b"}', "malformed-request"],
    ["json-nan", '{"csr":"a","portOffset":NaN}', "malformed-request"],
    ["an infinite number", '{"csr":CSR,"portOffset":1e999}', "option-invalid"],
    ["json-trailing", '{"csr":"a"}{}', "malformed-request"],
    ["no csr", "{}", "malformed-request"],
    ["an unknown member", '{"csr":CSR,"depth":1}', "option-invalid"],
    ["the prototype's name", '{"csr":"a","__proto__":{"dryRun":true}}', "malformed-request"],
  ])("%s is refused", async (_, body, code) => {
    expect(
      await codeOf(
        await post(body.replace("CSR", JSON.stringify((await makeCsr()).csrPem)), {
          "Content-Type": "application/json",
        }),
      ),
    ).toBe(code);
  });
});

describe("methods and paths", () => {
  it("method-get, method-trace: 405 with Allow", async () => {
    for (const method of ["GET", "PUT", "OPTIONS"]) {
      const reply = await call(BUNDLE, { method });
      expect([method, reply.status, reply.headers.get("Allow")]).toEqual([method, 405, "POST"]);
    }
    expect(await raw(`TRACE ${BUNDLE} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 (405|501)/,
    );
  });
  it("method-override is ignored", async () => {
    const reply = await deployment.administer("/v1/clusters/mq/certificates", {
      headers: { "X-HTTP-Method-Override": "DELETE" },
    });
    expect(reply.status).toBe(200);
  });
  it("path-double-slash, path-case: another path is no route", async () => {
    for (const path of [
      "//v1/clusters/mq/ca.pem",
      "/v1/Clusters/mq/ca.pem",
      "/v1/clusters/mq/ca.pem/",
      "/v1/clusters/mq/%63a.pem/x",
      "/",
    ]) {
      expect([path, (await call(path)).status]).toEqual([path, 404]);
    }
  });
  it("an unknown cluster is a 404", async () => {
    expect(await codeOf(await call("/v1/clusters/nobody/ca.pem"))).toBe("cluster-unknown");
    expect(await codeOf(await call("/v1/clusters/toString/ca.pem"))).toBe("cluster-unknown");
  });
  it("head: the same headers, no body", async () => {
    for (const path of [
      "/healthz",
      "/readyz",
      "/v1/clusters/mq/ca.pem",
      `/v1/clusters/mq/nodes/${NODE}/config`,
    ]) {
      const [get, head] = [await call(path), await call(path, { method: "HEAD" })];
      expect([path, head.status, head.headers.get("ETag")]).toEqual([
        path,
        get.status,
        get.headers.get("ETag"),
      ]);
      expect(await head.text()).toBe("");
    }
  });
  it("keepalive-desync: two requests in one packet, the first with two lengths, smuggle nothing", async () => {
    const first = `POST ${BUNDLE} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`;
    const reply = await raw(
      `${first}GET /v1/clusters/mq/certificates HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    );
    expect(reply).not.toContain('"certificates"');
  });
});

describe("headers", () => {
  it("nosniff, no-store and a request id are on every reply; none is redirected or shared across origins", async () => {
    for (const path of ["/healthz", "/readyz", "/nothing", BUNDLE, `/v1/clusters/mq/nodes/${NODE}/config`]) {
      const reply = await call(path, { headers: { Origin: "https://evil.test" } });
      expect([path, reply.headers.get("X-Content-Type-Options")]).toEqual([path, "nosniff"]);
      expect([path, reply.headers.get("Cache-Control")]).toEqual([path, "no-store"]);
      expect(reply.headers.get("X-Request-Id")).toMatch(/^[0-9a-f-]{36}$/);
      expect(reply.headers.get("Access-Control-Allow-Origin")).toBeNull();
      expect(Math.floor(reply.status / 100)).not.toBe(3);
    }
  });
  it("cache-headers: what holds a certificate or a token is never stored", async () => {
    const bundle = await post((await makeCsr()).csrPem);
    expect([bundle.status, bundle.headers.get("Cache-Control"), bundle.headers.get("ETag")]).toEqual([
      201,
      "no-store",
      null,
    ]);
    const token = await deployment.administer("/v1/clusters/mq/tokens", {
      method: "POST",
      body: JSON.stringify({ node: NODE }),
    });
    expect([token.status, token.headers.get("Cache-Control")]).toEqual([201, "no-store"]);
  });
  it("host-spoof, xff-spoof, cf-spoof, mtls-header-spoof: no header of the caller's is believed", async () => {
    const spoofed = {
      "X-Forwarded-For": "10.0.0.1",
      "X-Forwarded-Host": "evil.test",
      "CF-Connecting-IP": "10.0.0.1",
      "X-SSL-Client-Cert": "x",
      "X-Client-Verify": "SUCCESS",
      "X-Forwarded-Client-Cert": "x",
      "Cf-Client-Cert-Der-Base64": "x",
    };
    const reply = await post((await makeCsr()).csrPem, spoofed);
    expect(reply.status).toBe(201);
    expect(await reply.text()).not.toContain("evil.test");
    expect(
      (await call(BUNDLE, { method: "POST", body: (await makeCsr()).csrPem, headers: spoofed })).status,
    ).toBe(401);
  });
  it("PUBLIC_ORIGIN, not the Host header, is in audiences and URLs", async () => {
    await using fixed = await startDeployment({
      definitions: { mq: rabbitDefinition() },
      variables: { PUBLIC_ORIGIN: "https://interlock.example.com" },
    });
    const ask = async (origin: string): Promise<Response> =>
      fixed.askBundle(
        "mq",
        NODE,
        await fixed.mint("mq", { exact: NODE }, { origin }),
        (await makeCsr()).csrPem,
      );
    expect((await ask(fixed.origin())).status).toBe(401);
    const reply = await ask("https://interlock.example.com");
    expect(reply.status).toBe(201);
    expect(await reply.json()).toMatchObject({ renewal: { url: `https://interlock.example.com${BUNDLE}` } });
  });
});

describe("errors", () => {
  it("problem-json: every refusal is a document, and one line for who wants plain text", async () => {
    const document = await call("/nothing");
    expect(document.headers.get("Content-Type")).toBe("application/problem+json");
    expect(await document.json()).toMatchObject({
      type: "urn:interlock:problem:route-unknown",
      status: 404,
      retryable: false,
    });
    const line = await call(BUNDLE, { method: "POST", headers: { Accept: "text/plain" } });
    expect(await line.text()).toMatch(/^credential-missing: send a join token .*\n$/);
  });
  it("a wrong configuration stops every request and is named by readyz, without its values", async () => {
    await using broken = await startDeployment({
      definitions: { mq: rabbitDefinition() },
      variables: {
        CA_STORE: "gcp",
        ADMIN_TOKEN: "short-secret",
        CLUSTERS: '{"clusters":{"mq":{"product":"kafka"}}}',
      },
    });
    const ready = await fetch(`${broken.origin()}/readyz`);
    const text = await ready.text();
    expect(ready.status).toBe(503);
    for (const word of ["CA_STORE", "CLUSTERS#/clusters/mq/product"]) expect(text).toContain(word);
    for (const word of ["gcp", "short-secret"]) expect(text).not.toContain(word);
    const reply = await fetch(`${broken.origin()}/v1/clusters/mq/ca.pem`);
    expect([reply.status, await codeOf(reply)]).toEqual([500, "internal"]);
    expect(broken.log()).toContain('"event":"misconfigured"');
  });
  it("log-canary: no body, header, token or query value is in the log", async () => {
    const canary = "CANARY-7f3a-do-not-log";
    await post(canary, {
      Authorization: `Bearer ${canary}`,
      "X-Canary": canary,
      Cookie: canary,
      "User-Agent": canary,
    });
    await post(
      `{"csr":"${canary}","${canary}":1}`,
      { "Content-Type": "application/json" },
      `?certsDir=/${canary}`,
    );
    await call(`/v1/clusters/${canary}/nodes/${canary}/bundle`, { method: "POST" });
    await post((await makeCsr()).csrPem, {}, `?lifetime=${canary}`);
    expect(deployment.log()).not.toContain(canary);
  });
});
