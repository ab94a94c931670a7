import { readFileSync } from "node:fs";
import { request } from "node:http";
import { gzipSync } from "node:zlib";
import { calculateJwkThumbprint, exportJWK } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { csrAudience } from "../../src/auth/audience.ts";
import { makeCsr, type KeyAndCsr } from "../support/csr.ts";
import { codeOf, rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import {
  base64url,
  compactOf,
  hmacOf,
  issueToken,
  listen,
  makeKey,
  signatureOf,
  type IssuerKey,
  type Listener,
} from "../support/issuer.ts";
import { ledgerRows } from "../support/ledger-rows.ts";
import { sharedDir } from "../support/shared.ts";

/** `../shared/data/jwt/cases.json`, run against the production bundle: a local issuer, and a listener that must hear nothing. */
interface Case {
  readonly id: string;
  readonly why: string;
  readonly expected: "accept" | "reject" | "either" | "see-why";
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly sign?: string;
  readonly max_ms?: number;
}

const cases: readonly Case[] =
  sharedDir === null
    ? []
    : (JSON.parse(readFileSync(`${sharedDir}/data/jwt/cases.json`, "utf8")) as { cases: Case[] }).cases;

const ISSUER = "https://issuer.test";
const NODE = "rabbit@node-01.nodes.example.internal";
const now = (): number => Math.floor(Date.now() / 1000);

const rsa = makeKey("RS256", "rsa-1");
const ec = makeKey("ES256", "ec-1");
const shared = makeKey("RS256", "shared");
const attackerKey = makeKey("RS256", "rsa-1");
const k256 = makeKey("ES256K", "rsa-1");

let issuer: Listener;
let attacker: Listener;
let deployment: Deployment;
let csr: KeyAndCsr;

/** What the issuer's addresses answer; `/jwks` is the good one. */
const ANSWERS: Readonly<Record<string, () => { status: number; headers?: object; body: string | Buffer }>> = {
  "/jwks": () => ({ status: 200, body: JSON.stringify({ keys: [rsa.jwk, ec.jwk] }) }),
  "/other": () => ({ status: 200, body: JSON.stringify({ keys: [shared.jwk] }) }),
  "/500": () => ({ status: 500, body: JSON.stringify({ keys: [rsa.jwk] }) }),
  "/redirect": () => ({ status: 302, headers: { Location: `${attacker.origin}/jwks.json` }, body: "" }),
  "/bomb": () => ({
    status: 200,
    headers: { "Content-Encoding": "gzip" },
    body: gzipSync(Buffer.alloc(20_000_000, 0x20)),
  }),
};

const jwtCluster = (zone: string, path: string, changes: object = {}, others: readonly object[] = []) =>
  rabbitDefinition(zone, {
    bootstrap: [
      {
        method: "jwt",
        issuer: ISSUER,
        jwks: issuer.origin + path,
        jwksHosts: [new URL(issuer.origin).host],
        audience: "cluster",
        node: `rabbit@{/sub}.${zone}`,
        ...changes,
      },
      ...others,
    ],
  });

beforeAll(async () => {
  attacker = await listen((_, response) =>
    response.end(JSON.stringify({ keys: [{ ...attackerKey.jwk, kid: "rsa-1" }] })),
  );
  issuer = await listen((request, response) => {
    const answer = ANSWERS[request.url ?? ""]?.() ?? { status: 404, body: "" };
    response.writeHead(answer.status, { ...("headers" in answer ? answer.headers : {}) }).end(answer.body);
  });
  const other = {
    method: "jwt",
    issuer: "https://other.test",
    jwks: `${issuer.origin}/other`,
    jwksHosts: [new URL(issuer.origin).host],
    audience: "cluster",
    node: "rabbit@{/sub}.nodes.example.internal",
  };
  deployment = await startDeployment({
    publicOrigin: true,
    definitions: {
      mq: jwtCluster("nodes.example.internal", "/jwks", {}, [other]),
      node: jwtCluster("node.internal", "/jwks", { node: "rabbit@{/node}.node.internal" }),
      csr: jwtCluster("csr.internal", "/jwks", { audience: "csr" }),
      down: jwtCluster("down.internal", "/500"),
      moved: jwtCluster("moved.internal", "/redirect"),
      bomb: jwtCluster("bomb.internal", "/bomb"),
      kube: rabbitDefinition("mq.svc", {
        nodes: { names: ["rabbit"], hosts: ["*.nodes.mq.svc"] },
        bootstrap: [
          {
            method: "jwt",
            preset: "kubernetes",
            issuer: "https://kubernetes.default.svc",
            jwks: { keys: [rsa.jwk] },
            claims: { "/kubernetes.io/namespace": "mq", "/kubernetes.io/serviceaccount/name": "rabbit" },
            node: "rabbit@{/kubernetes.io/pod/name}.nodes.mq.svc",
          },
        ],
      }),
    },
    variables: {
      ADMINISTRATORS: JSON.stringify([
        {
          issuer: ISSUER,
          audience: "administration",
          jwks: `${issuer.origin}/jwks`,
          jwksHosts: [new URL(issuer.origin).host],
          claims: { "/groups": "operators" },
        },
      ]),
    },
  });
  csr = await makeCsr();
});
afterAll(async () => {
  await deployment[Symbol.asyncDispose]();
  await issuer[Symbol.asyncDispose]();
  await attacker[Symbol.asyncDispose]();
});

const audience = (cluster = "mq"): string => `${deployment.origin()}/v1/clusters/${cluster}`;

const goodClaims = (changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  iss: ISSUER,
  sub: "node-01",
  node: "node-01",
  aud: audience(),
  iat: now(),
  nbf: now(),
  exp: now() + 600,
  jti: crypto.randomUUID(),
  ...changes,
});

const good = (changes?: Readonly<Record<string, unknown>>, key: IssuerKey = rsa): string =>
  issueToken(key, goodClaims(changes));

const ask = (token: string, cluster = "mq", node = NODE, body = csr.csrPem): Promise<Response> =>
  deployment.askBundle(cluster, node, token, body);

const rows = (): Readonly<Record<string, number>> => ledgerRows(deployment.stateDirectory);

const TIMES = new Set(["exp", "nbf", "iat"]);

const claimOf = (name: string, value: unknown): unknown => {
  if (value === "ms") return (now() + 600) * 1000;
  if (value === "http-form") return ISSUER.replace("https:", "http:");
  if (value === "A") return ISSUER;
  if (TIMES.has(name) && typeof value === "number") return now() + value;
  if (typeof value !== "string")
    return Array.isArray(value) ? value.map((item) => claimOf(name, item)) : value;
  if (value.startsWith("raw:")) return Number(value.slice(4));
  return value
    .replace("{aud}", audience())
    .replace("{AUD}", audience().toUpperCase())
    .replace("{revoke-aud}", `${audience()}/certificates/00/revoke`)
    .replace("{iss}", ISSUER)
    .replace("{attacker}", new URL(attacker.origin).port);
};

const headerOf = (name: string, value: unknown): unknown => {
  if (value === "attacker")
    return name === "jwk"
      ? attackerKey.jwk
      : [attackerKey.publicKey.export({ format: "der", type: "spki" }).toString("base64")];
  return typeof value === "string" ? value.replace("{attacker}", new URL(attacker.origin).port) : value;
};

const changed = (
  base: Readonly<Record<string, unknown>>,
  changes: Readonly<Record<string, unknown>> = {},
  value: (name: string, change: unknown) => unknown,
): Record<string, unknown> => ({
  ...Object.fromEntries(Object.entries(base).filter(([name]) => changes[name] !== null)),
  ...Object.fromEntries(
    Object.entries(changes)
      .filter(([, change]) => change !== null)
      .map(([name, change]) => [name, value(name, change)]),
  ),
});

const SECRETS: Readonly<Record<string, () => Buffer | string>> = {
  "pem-spki-lf": () => rsa.publicKey.export({ format: "pem", type: "spki" }),
  "pem-spki-no-final-newline": () => String(rsa.publicKey.export({ format: "pem", type: "spki" })).trimEnd(),
  "modulus-bytes": () => Buffer.from(String(rsa.jwk["n"]), "base64url"),
  "kid-bytes": () => "rsa-1",
  empty: () => "",
};

const signerOf =
  (how: string, alg: string, original: Buffer) =>
  (input: string): Buffer => {
    if (how === "original") return original;
    if (how === "empty") return Buffer.alloc(0);
    if (how === "attacker") return signatureOf(input, "RS256", attackerKey.privateKey);
    if (how === "attacker-k256") return signatureOf(input, "ES256", k256.privateKey);
    if (how === "issuer-B") return signatureOf(input, "RS256", shared.privateKey);
    if (how.startsWith("hmac:")) return hmacOf(input, SECRETS[how.slice(5)]?.() ?? "");
    return signatureOf(input, /^[RP]S/.test(alg) ? alg : "RS256", rsa.privateKey);
  };

const tokenOf = ({ header, claims, sign = "idp" }: Case): string => {
  const originalClaims = goodClaims();
  const head = { alg: "RS256", kid: "rsa-1", typ: "JWT" };
  const [, , original = ""] = compactOf(head, originalClaims, (input) =>
    signatureOf(input, "RS256", rsa.privateKey),
  ).split(".");
  const newHead = changed(head, header, headerOf);
  return compactOf(
    newHead,
    changed(originalClaims, claims, claimOf),
    signerOf(sign, String(newHead["alg"]), Buffer.from(original, "base64url")),
  );
};

/** The cases that are a text and no recipe. */
const FORMS: Readonly<Record<string, () => string>> = {
  "ok-es256": () => good({}, ec),
  "ok-aud-array": () => good({ aud: ["https://elsewhere.test", audience()] }),
  "ok-extra-claims": () => good({ roles: ["admin"], nested: { a: [1] } }),
  "form-two-dots-empty-sig": () => `${good().split(".").slice(0, 2).join(".")}.`,
  "form-one-dot": () => good().split(".").slice(0, 2).join("."),
  "form-four-parts": () => `${good()}.AAAA.AAAA`,
  "form-whitespace": () => good().replace(".", ". "),
  "form-std-base64": () => {
    let token = good();
    while (!/[-_][^.]*$/.test(token)) token = good();
    return token.replaceAll("-", "+").replaceAll("_", "/");
  },
  "form-noncanonical-base64": () => {
    const token = good();
    const last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".indexOf(token.slice(-1));
    return (
      token.slice(0, -1) + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".charAt(last + 1)
    );
  },
  "form-dup-claims": () =>
    compactOf(
      { alg: "RS256", kid: "rsa-1" },
      JSON.stringify(goodClaims()).replace("{", '{"sub":"node-02",'),
      (input) => signatureOf(input, "RS256", rsa.privateKey),
    ),
  "form-dup-header": () =>
    compactOf('{"alg":"none","alg":"RS256","kid":"rsa-1"}', goodClaims(), (input) =>
      signatureOf(input, "RS256", rsa.privateKey),
    ),
  "form-utf16": () =>
    compactOf({ alg: "RS256", kid: "rsa-1" }, Buffer.from(JSON.stringify(goodClaims()), "utf16le"), (input) =>
      signatureOf(input, "RS256", rsa.privateKey),
    ),
  "form-deep-json": () =>
    compactOf({ alg: "RS256", kid: "rsa-1" }, "[".repeat(50_000) + "]".repeat(50_000), (input) =>
      signatureOf(input, "RS256", rsa.privateKey),
    ),
  "form-big-json": () => good({ padding: "x".repeat(1024 * 1024) }),
  "form-extra-dots": () => ".".repeat(8000),
  "form-header-not-object": () =>
    compactOf("[]", goodClaims(), (input) => signatureOf(input, "RS256", rsa.privateKey)),
  "form-sig-other-token": () => {
    const [header = "", claims = ""] = good().split(".");
    return [header, claims, good().split(".")[2]].join(".");
  },
  "form-sig-bit-flip": () => {
    const [header = "", claims = "", signature = ""] = good().split(".");
    const bytes = Buffer.from(signature, "base64url");
    bytes[7] = (bytes[7] ?? 0) ^ 1;
    return [header, claims, base64url(bytes)].join(".");
  },
  "form-es256-zero": () => compactOf({ alg: "ES256", kid: "ec-1" }, goodClaims(), () => Buffer.alloc(64)),
  "form-es256-rs-plus-n": () =>
    compactOf({ alg: "ES256", kid: "ec-1" }, goodClaims(), (input) => {
      const n = BigInt("0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
      const signature = signatureOf(input, "ES256", ec.privateKey);
      const r = BigInt(`0x${signature.subarray(0, 32).toString("hex")}`) + n;
      return Buffer.concat([Buffer.from(r.toString(16).padStart(66, "0"), "hex"), signature.subarray(32)]);
    }),
};

/** What only a handful of requests can show has a test of its own below, or is said why not. */
const ELSEWHERE = new Set([
  "form-bearer-lower",
  "form-bearer-double",
  "form-bearer-comma",
  "form-token-in-query",
  "claim-node-claim-wild",
]);

const single = cases.filter(({ id }) => !/^(use|idp)-/.test(id) && !ELSEWHERE.has(id));

describe.skipIf(sharedDir === null)("web tokens: every recipe", () => {
  it.each(single)("$id: $why", async (recipe) => {
    const token = FORMS[recipe.id]?.() ?? tokenOf(recipe);
    const before = rows();
    const started = Date.now();
    // A header that is too long for HTTP itself ends the connection, which is an answer too.
    const reply = await ask(token).catch(() => null);
    const took = Date.now() - started;
    const accepted = reply !== null && reply.status < 300;
    if (recipe.expected !== "either") expect(accepted).toBe(recipe.expected === "accept");
    if (!accepted) {
      expect(reply?.status ?? 400).toBeLessThan(500);
      expect(rows()).toEqual(before);
    }
    if (recipe.max_ms !== undefined) expect(took).toBeLessThan(recipe.max_ms);
    expect(attacker.requests).toEqual([]);
  });

  it("claim-node-claim-wild: wildcards, dots and capitals in a claim make no node name", async () => {
    for (const node of ["*", "node-01.evil", "NODE-01", "", "a@b", "node-01\u0000", 1, ["node-01"]]) {
      const token = good({ aud: audience("node"), node });
      expect([node, (await ask(token, "node", "rabbit@node-01.node.internal")).status]).toEqual([node, 401]);
    }
    const token = good({ aud: audience("node") });
    expect((await ask(token, "node", "rabbit@node-01.node.internal")).status).toBe(201);
  });

  it("form-bearer-*, form-token-in-query: one credential, in one place", async () => {
    const post = (headers: HeadersInit, query = ""): Promise<Response> =>
      fetch(`${deployment.origin()}/v1/clusters/mq/nodes/${NODE}/bundle${query}`, {
        method: "POST",
        body: csr.csrPem,
        headers,
      });
    expect([200, 201]).toContain((await post({ Authorization: `bearer ${good()}` })).status);
    expect((await post({ Authorization: `Bearer ${good()}, Bearer ${good()}` })).status).toBe(400);
    const two = new Headers({ Authorization: `Bearer ${good()}` });
    two.append("Authorization", "Bearer x.y.z");
    expect((await post(two)).status).toBe(400);
    expect([400, 401]).toContain((await post({}, `?access_token=${good()}`)).status);
  });

  it("knows every case of the file", () => {
    const known = new Set([...single.map(({ id }) => id), ...ELSEWHERE, ...USE, ...IDP]);
    expect(cases.map(({ id }) => id).filter((id) => !known.has(id))).toEqual([]);
  });
});

/** Shown below; `use-replay-at-other-edge` is the same object whichever isolate asks it, and `-after-expiry-window` is `test/worker/ledger`'s sweep. */
const USE = [
  "use-replay",
  "use-replay-100-parallel",
  "use-replay-other-node",
  "use-replay-other-cluster",
  "use-replay-after-failure",
  "use-burn-by-forgery",
  "use-replay-after-evict",
  "use-replay-at-other-edge",
  "use-replay-after-expiry-window",
];

describe("a web token for the cluster is bound by its first use", () => {
  const node = "rabbit@used.nodes.example.internal";
  const used = (): string => good({ sub: "used" });

  it("use-replay, use-replay-after-evict: the same key gets the same bytes, another key is an alarm", async () => {
    const token = used();
    const { csrPem } = await makeCsr();
    const first = await deployment.askBundle("mq", node, token, csrPem, "?format=pem");
    const again = await deployment.askBundle("mq", node, token, csrPem, "?format=pem");
    expect([again.status, await again.text()]).toEqual([200, await first.text()]);
    const other = (await makeCsr()).csrPem;
    expect(await codeOf(await ask(token, "mq", node, other))).toBe("credential-bound");
    await deployment.restart("SIGKILL");
    expect(await codeOf(await ask(token, "mq", node, other))).toBe("credential-bound");
    expect((await ask(token, "mq", node, csrPem)).status).toBe(200);
  });
  it("use-replay-100-parallel: 100 keys at once give one certificate", async () => {
    const token = good({ sub: "raced" });
    const csrs = await Promise.all(Array.from({ length: 100 }, () => makeCsr()));
    const codes = await Promise.all(
      csrs.map(async ({ csrPem }) =>
        codeOf(await ask(token, "mq", "rabbit@raced.nodes.example.internal", csrPem)),
      ),
    );
    expect(codes.filter((code) => code === 201)).toHaveLength(1);
    expect(codes.filter((code) => code === "credential-bound")).toHaveLength(99);
  });
  it("use-replay-other-node, use-replay-other-cluster: it is for one node of one cluster", async () => {
    expect(await codeOf(await ask(used(), "mq", NODE))).toBe("node-not-allowed");
    expect(await codeOf(await ask(used(), "node", "rabbit@node-01.node.internal"))).toBe(
      "credential-invalid",
    );
  });
  it("use-replay-after-failure, use-burn-by-forgery: a refusal and a forgery cost it nothing", async () => {
    const claims = goodClaims({ sub: "careful" });
    const careful = "rabbit@careful.nodes.example.internal";
    const forged = issueToken(attackerKey, claims);
    const before = rows();
    expect(await codeOf(await ask(forged, "mq", careful))).toBe("credential-invalid");
    expect(rows()).toEqual(before);
    expect(await codeOf(await ask(issueToken(rsa, claims), "mq", careful, "garbage"))).toBe("malformed-csr");
    const fresh = (await makeCsr()).csrPem;
    expect((await ask(issueToken(rsa, claims), "mq", careful, fresh)).status).toBe(201);
  });
  it("a subject moves its name to a new key with a new token, and no other subject takes it", async () => {
    const fresh = await makeCsr();
    expect((await ask(used(), "mq", node, fresh.csrPem)).status).toBe(201);
    const stranger = issueToken(shared, goodClaims({ iss: "https://other.test", sub: "used" }));
    expect(await codeOf(await ask(stranger, "mq", node, (await makeCsr()).csrPem))).toBe(
      "node-held-by-another",
    );
  });
});

describe("PUBLIC_ORIGIN", () => {
  /** `fetch` sends no Host of the caller's. */
  const askWithHost = (host: string, token: string): Promise<number | undefined> =>
    new Promise((answered, failed) => {
      const url = `${deployment.origin()}/v1/clusters/mq/nodes/${NODE}/bundle`;
      const headers = { Host: host, Authorization: `Bearer ${token}`, "Content-Type": "application/pkcs10" };
      request(url, { method: "POST", headers }, (response) => {
        response.resume();
        answered(response.statusCode);
      })
        .on("error", failed)
        .end(csr.csrPem);
    });

  it("says whom a token is for, and no Host header: one of another deployment is nobody's here", async () => {
    const foreign = good({ aud: "http://elsewhere.test/v1/clusters/mq" });
    expect(await askWithHost("elsewhere.test", foreign)).toBe(401);
    expect([200, 201]).toContain(await askWithHost("elsewhere.test", good()));
  });
  it("left out, stops every request, and readyz and the log say why", async () => {
    await using unfixed = await startDeployment({
      definitions: { mq: jwtCluster("nodes.example.internal", "/jwks") },
    });
    const asked = await unfixed.askBundle("mq", NODE, good(), csr.csrPem);
    expect([asked.status, await codeOf(asked)]).toEqual([500, "internal"]);
    const ready = await fetch(`${unfixed.origin()}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ configuration: [{ variable: "PUBLIC_ORIGIN" }] });
    expect(unfixed.log()).toContain('"cause":"PUBLIC_ORIGIN must be set: mq takes web tokens');
  });
});

describe("a token whose audience names the CSR", () => {
  const node = "rabbit@node-01.csr.internal";
  const bound = async (der: Uint8Array<ArrayBuffer>): Promise<string> =>
    good({ aud: await csrAudience(deployment.origin(), "csr", der) });

  it("is for this CSR alone: who steals it gets the owner's certificate, or nothing", async () => {
    const [own, thief] = [await makeCsr(), await makeCsr()];
    const token = await bound(own.csrDer);
    expect(await codeOf(await ask(token, "csr", node, thief.csrPem))).toBe("credential-invalid");
    expect((await ask(token, "csr", node, own.csrPem)).status).toBe(201);
    expect((await ask(token, "csr", node, own.csrPem)).status).toBe(200);
    expect(await codeOf(await ask(good({ aud: audience("csr") }), "csr", node, own.csrPem))).toBe(
      "credential-invalid",
    );
  });
});

describe("a token that its issuer bound to a key (RFC 7800)", () => {
  const node = "rabbit@confirmed.nodes.example.internal";
  it("is good for that key alone, and where the binding is not understood for none", async () => {
    const { keys, csrPem } = await makeCsr();
    const jkt = await calculateJwkThumbprint(await exportJWK(keys.publicKey));
    const asked = async (cnf: unknown, body = csrPem): Promise<string | number> =>
      codeOf(await ask(good({ sub: "confirmed", cnf }), "mq", node, body));
    expect(await asked({ jkt }, (await makeCsr()).csrPem)).toBe("credential-bound");
    for (const cnf of [{ "x5t#S256": jkt }, { jkt, kid: "a" }, { jkt: 1 }, {}, null])
      expect([cnf, await asked(cnf)]).toEqual([cnf, "credential-invalid"]);
    expect(await asked({ jkt })).toBe(201);
  });
});

const IDP = cases.map(({ id }) => id).filter((id) => id.startsWith("idp-"));

/** The other `idp-*` cases are `test/auth/jwt/jwks-source.test.ts`, `jwk.test.ts` and the definition's own tests. */
describe("an issuer that misbehaves", () => {
  const tokenFor = (cluster: string): string => good({ aud: audience(cluster) });
  it("idp-jwks-500, idp-jwks-gzip-bomb: nobody is believed, and a retry may help", async () => {
    for (const cluster of ["down", "bomb"]) {
      const reply = await ask(tokenFor(cluster), cluster, `rabbit@node-01.${cluster}.internal`);
      expect([cluster, reply.status, await codeOf(reply)]).toEqual([cluster, 503, "issuer-unavailable"]);
      expect(Number(reply.headers.get("Retry-After"))).toBeGreaterThan(0);
    }
  });
  it("idp-jwks-redirect-private: a redirect is not followed", async () => {
    const reply = await ask(tokenFor("moved"), "moved", "rabbit@node-01.moved.internal");
    expect(await codeOf(reply)).toBe("issuer-unavailable");
    expect(attacker.requests).toEqual([]);
  });
  it("idp-jwks-iss-mismatch, idp-jwks-http: there is no discovery to be lied to in", () => {
    expect(issuer.requests.filter((path) => path.includes("well-known"))).toEqual([]);
  });
});

describe("an administrator by an issuer's word", () => {
  const list = (token: string): Promise<Response> =>
    fetch(`${deployment.origin()}/v1/clusters/mq/certificates`, {
      headers: { Authorization: `Bearer ${token}` },
    });
  it("has the audience and the claims of ADMINISTRATORS; a node's token has not", async () => {
    const operator = good({ aud: "administration", groups: "operators" });
    expect((await list(operator)).status).toBe(200);
    expect((await list(good())).status).toBe(401);
    expect((await list(good({ aud: "administration", groups: "nodes" }))).status).toBe(401);
    expect((await ask(operator)).status).toBe(401);
  });
});

describe("the Kubernetes preset", () => {
  /** As kube-apiserver makes a projected token (KEP-1205, KEP-4193). */
  const projected = (changes: Readonly<Record<string, unknown>> = {}, kubernetes: object = {}): string =>
    issueToken(rsa, {
      aud: [audience("kube")],
      exp: now() + 3607,
      iat: now(),
      iss: "https://kubernetes.default.svc",
      jti: crypto.randomUUID(),
      "kubernetes.io": {
        namespace: "mq",
        node: { name: "worker-1", uid: crypto.randomUUID() },
        pod: { name: "rabbit-0", uid: crypto.randomUUID() },
        serviceaccount: { name: "rabbit", uid: crypto.randomUUID() },
        ...kubernetes,
      },
      nbf: now(),
      sub: "system:serviceaccount:mq:rabbit",
      ...changes,
    });
  const node = "rabbit@rabbit-0.nodes.mq.svc";
  const askKube = async (token: string): Promise<string | number> =>
    codeOf(await ask(token, "kube", node, (await makeCsr()).csrPem));

  it("accepts a projected token, and a new one with a new key when the pod is made again", async () => {
    expect(await askKube(projected())).toBe(201);
    expect(await askKube(projected())).toBe(201);
  });
  it("refuses one without our audience", async () => {
    expect(await askKube(projected({ aud: ["https://kubernetes.default.svc"] }))).toBe("credential-invalid");
    expect(await askKube(projected({ aud: [] }))).toBe("credential-invalid");
  });
  it("refuses another namespace, another service account, another pod, and no pod", async () => {
    expect(await askKube(projected({}, { namespace: "dev" }))).toBe("credential-invalid");
    expect(await askKube(projected({}, { serviceaccount: { name: "default" } }))).toBe("credential-invalid");
    expect(await askKube(projected({}, { pod: { name: "rabbit-1" } }))).toBe("node-not-allowed");
    expect(await askKube(projected({}, { pod: undefined }))).toBe("credential-invalid");
  });
});
