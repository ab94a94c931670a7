import { readFileSync } from "node:fs";
import { join as joinPath } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sha256Hex } from "../../src/bytes.ts";
import { OID } from "../../src/pki/der/oids.ts";
import type { Bytes } from "../../src/pki/der/reader.ts";
import * as der from "../../src/pki/der/writer.ts";
import type { KeyPair } from "../pki/support/web-crypto.ts";
import { makeAuthority, type Authority } from "../pki/support/authority.ts";
import { requestedExtension } from "../pki/support/request.ts";
import { makeMessage, type MessageParts } from "../pki/support/signed-message.ts";
import { codeOf, rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import { heldCertificate } from "../support/held-certificate.ts";
import { describeOpenssl } from "../support/openssl.ts";
import { nodeFolder, type NodeFolder } from "../support/renewal.ts";
import { requireOrSkip } from "../support/requirements.ts";
import { run } from "../support/process.ts";
import { sharedDir } from "../support/shared.ts";

/** Every case of `renewal/cases.json`, against the production bundle: what must renew does, and nothing else. */
const HOST = "nodes.example.internal";
const SECRET = `interlock/${HOST}`;

interface Case {
  readonly id: string;
  readonly why: string;
  readonly expected: "accept" | "reject" | "either";
}

/** A node that joined with a token, and what it holds: `node.pem`, `node_key.pem`, and the requests `node.csr` and `next.csr`. */
interface Member {
  readonly node: string;
  readonly serial: string;
  readonly folder: NodeFolder;
  readonly held: Authority;
  readonly next: Bytes;
}

let deployment: Deployment;
let sameCa: Deployment;
let blocked: string;
beforeAll(async () => {
  using folder = nodeFolder();
  await folder.request("blocked");
  const spki = await run(["openssl", "pkey", "-in", folder.path("blocked_key.pem"), "-pubout"]);
  blocked = folder.read("blocked.csr").toString();
  const blockedKeys = [
    await sha256Hex(new Uint8Array(Buffer.from(spki.replaceAll(/-----.*-----/g, ""), "base64"))),
  ];
  const definitions = {
    mq: rabbitDefinition(HOST, { certificate: { blockedKeys } }),
    other: rabbitDefinition("other.example.internal"),
  };
  deployment = await startDeployment({ definitions });
  sameCa = await startDeployment({ definitions, secrets: deployment.secrets });
});
afterAll(async () => {
  await deployment[Symbol.asyncDispose]();
  await sameCa[Symbol.asyncDispose]();
});

const join = async (folder: NodeFolder, node: string, server = deployment): Promise<Member> => {
  await folder.request("node");
  await folder.request("next");
  const token = await server.mint("mq", { exact: node });
  const reply = await server.askBundle("mq", node, token, folder.read("node.csr"));
  const { chain, certificate } = await reply.json<{ chain: string; certificate: { serial: string } }>();
  folder.write("node.pem", chain);
  const held = await heldCertificate(chain, folder.read("node_key.pem").toString());
  return { node, folder, serial: certificate.serial, held, next: new Uint8Array(folder.read("next.csr")) };
};

const ask = (node: string, body: BodyInit, headers: HeadersInit = {}, cluster = "mq"): Promise<Response> =>
  fetch(`${deployment.origin()}/v1/clusters/${cluster}/nodes/${encodeURIComponent(node)}/bundle`, {
    method: "POST",
    body,
    headers,
  });

const now = (): number => Math.floor(Date.now() / 1000);

/** Asks with a message that is good but for `parts`, signed by the member unless by another. */
const askWith = async (member: Member, parts: MessageParts, signer = member.held): Promise<Response> =>
  ask(member.node, await makeMessage(signer, { content: member.next, signingTime: now(), ...parts }));

/** Asks as `openssl` would, with the member's own certificate. */
const renew = async ({ node, folder }: Member, csr = "next"): Promise<Response> =>
  ask(node, await folder.sign(csr, "node"));

const sibling = async <T>(use: (other: Member) => Promise<T>): Promise<T> => {
  using folder = nodeFolder();
  return use(await join(folder, `rabbit@sibling-${crypto.randomUUID()}.${HOST}`));
};

const issuingCa = (): Promise<Authority> => {
  const { certificate = "", privateKey = "" } = deployment.secrets[SECRET] ?? {};
  return heldCertificate(certificate, privateKey);
};

/** A certificate of the cluster's own CA that never went through Interlock. */
const behindOurBack = async (
  member: Member,
  extensions: Readonly<Record<string, Bytes>>,
): Promise<Response> => {
  const issuer = await issuingCa();
  return askWith(member, {}, await makeAuthority({ name: member.held.name, issuer, extensions }));
};

const revoke = (serial: string): Promise<Response> =>
  deployment.administer(`/v1/clusters/mq/certificates/${serial}/revoke`, { method: "POST", body: "{}" });

const twin = async (name: Bytes, pair?: KeyPair): Promise<Authority> =>
  makeAuthority({ name, ...(pair === undefined ? {} : { pair }) });

const CASES: Readonly<Record<string, (member: Member) => Promise<Response>>> = {
  "ok-same-key": (member) => renew(member, "node"),
  "ok-new-key": (member) => renew(member),
  "ok-early": (member) => renew(member),
  "ok-old-still-valid": async (member) => {
    const first = await renew(member);
    const again = await renew(member);
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(await serialOf(again.clone())).toBe(await serialOf(first));
    return again;
  },
  "no-proof": async ({ node, folder }) =>
    ask(node, Buffer.concat([folder.read("next.csr"), folder.read("node.pem")])),
  "proof-over-other-csr": (member) =>
    askWith(member, { digested: new Uint8Array(member.folder.read("node.csr")) }),
  "proof-other-url": async ({ node, folder }) => {
    const elsewhere = await ask(node, await folder.sign("next", "node"), {}, "other");
    expect(await codeOf(elsewhere)).toBe("renewal-refused");
    return ask(`rabbit@elsewhere.${HOST}`, await folder.sign("next", "node"));
  },
  "proof-old": (member) => askWith(member, { signingTime: now() - 3600 }),
  "proof-future": (member) => askWith(member, { signingTime: now() + 3600 }),
  "proof-replay": async (member) => {
    const proof = await makeMessage(member.held, { content: member.next, signingTime: now() });
    expect((await ask(member.node, proof)).status).toBe(201);
    await member.folder.request("third");
    const third = member.folder.read("third.csr");
    const at = Buffer.from(proof).indexOf(member.next);
    const sameSize = third.length === member.next.length;
    return sameSize
      ? ask(member.node, Buffer.concat([proof.subarray(0, at), third, proof.subarray(at + third.length)]))
      : askWith(member, { content: new Uint8Array(third), digested: member.next });
  },
  "proof-sha1": async ({ node, folder }) =>
    ask(node, await folder.sign("next", "node", ["-outform", "PEM", "-md", "sha1"])),
  "proof-alg-confusion": (member) => askWith(member, { signatureOid: "1.2.840.113549.2.9" }),
  "cert-revoked": async (member) => {
    expect((await revoke(member.serial)).status).toBe(200);
    return renew(member);
  },
  "cert-revoked-just-now": async (member) => {
    const proof = await member.folder.sign("next", "node");
    const [, raced] = await Promise.all([revoke(member.serial), ask(member.node, proof)]);
    expect([201, 403]).toContain(raced.status);
    await member.folder.request("later");
    return renew(member, "later");
  },
  "cert-other-node": (member) => sibling((other) => askWith(member, {}, other.held)),
  "cert-self-signed": async (member) => askWith(member, {}, await twin(member.held.name, member.held.pair)),
  "cert-by-leaf": async (member) =>
    askWith(member, {}, await makeAuthority({ name: member.held.name, issuer: member.held })),
  "cert-not-in-ledger": async (member) => {
    using folder = nodeFolder();
    return askWith(member, {}, (await join(folder, member.node, sameCa)).held);
  },
  "cert-wrong-eku": (member) =>
    behindOurBack(member, {
      [OID.extKeyUsage]: requestedExtension(OID.extKeyUsage, der.sequence(der.oid(OID.serverAuth))),
    }),
  "cert-root": async (member) => askWith(member, {}, await issuingCa()),
  "cert-tampered": (member) => {
    const tampered = member.held.der.slice();
    const at = Buffer.from(tampered).indexOf(HOST);
    tampered[at] = (tampered[at] ?? 0) ^ 0x01;
    return askWith(member, { bag: [tampered] });
  },
  "cert-trailing": (member) => askWith(member, { bag: [Uint8Array.from([...member.held.der, 0x05, 0x00])] }),
  "cert-two-leaves": (member) =>
    sibling((other) => askWith(member, { bag: [other.held.der, member.held.der] })),
  "cert-chain-long": (member) => askWith(member, { bag: Array.from({ length: 100 }, () => member.held.der) }),
  "cert-critical-unknown": (member) =>
    behindOurBack(member, { "1.2.3.4": requestedExtension("1.2.3.4", der.nullValue(), true) }),
  "csr-other-node": async (member) => {
    const key = member.folder.path("next_key.pem");
    await run([
      "openssl",
      "req",
      "-new",
      "-key",
      key,
      "-subj",
      `/CN=victim.${HOST}`,
      "-out",
      member.folder.path("victim.csr"),
    ]);
    return renew(member, "victim");
  },
  "csr-blocked-key": async (member) => {
    member.folder.write("blocked.csr", blocked);
    return renew(member, "blocked");
  },
  "header-only": async ({ node, folder, held }) =>
    ask(node, folder.read("next.csr"), {
      "X-SSL-Client-Cert": held.pem.replaceAll("\n", " "),
      "X-Client-Verify": "SUCCESS",
    }),
  "header-url-encoded": async ({ node, folder, held }) =>
    ask(node, folder.read("next.csr"), {
      "X-Forwarded-Tls-Client-Cert": encodeURIComponent(held.pem),
      "Client-Cert": `:${Buffer.from(held.der).toString("base64")}:`,
    }),
};

/** These need another time, definition or CA than a running deployment has. */
const IN_WORKERD = "test/worker/renewal.test.ts";
const ELSEWHERE = new Set(["cert-expired", "cert-old-ca-generation", "renew-deleted-node"]);

const serialOf = async (reply: Response): Promise<string> =>
  (await reply.json<{ certificate: { serial: string } }>()).certificate.serial;

const describeCases =
  sharedDir === null
    ? requireOrSkip("renewal cases", () => ({
        available: false,
        why: "there is no ../shared beside this repository",
      }))
    : describeOpenssl;
const cases: readonly Case[] =
  sharedDir === null
    ? []
    : (JSON.parse(readFileSync(joinPath(sharedDir, "data/renewal/cases.json"), "utf8")) as { cases: Case[] })
        .cases;

/** Each for its own reason, and not because something else is wrong with it. */
const REFUSED_WITH: Readonly<Record<string, string>> = {
  "no-proof": "credential-missing",
  "proof-over-other-csr": "credential-invalid",
  "proof-other-url": "node-not-allowed",
  "proof-old": "credential-invalid",
  "proof-future": "credential-invalid",
  "proof-replay": "credential-invalid",
  "proof-sha1": "credential-invalid",
  "proof-alg-confusion": "credential-invalid",
  "cert-revoked": "revoked",
  "cert-revoked-just-now": "revoked",
  "cert-other-node": "node-not-allowed",
  "cert-self-signed": "renewal-refused",
  "cert-by-leaf": "renewal-refused",
  "cert-not-in-ledger": "renewal-refused",
  "cert-wrong-eku": "renewal-refused",
  "cert-root": "renewal-refused",
  "cert-tampered": "renewal-refused",
  "cert-trailing": "credential-invalid",
  "cert-two-leaves": "credential-invalid",
  // By its size alone, before it is looked at: so it is no credential.
  "cert-chain-long": "credential-missing",
  "cert-critical-unknown": "renewal-refused",
  "csr-other-node": "name-not-allowed",
  "csr-blocked-key": "weak-key",
  "header-only": "credential-missing",
  "header-url-encoded": "credential-missing",
};

describeCases("renewal case", () => {
  it("none is left out", () => {
    const text = readFileSync(joinPath(import.meta.dirname, "../..", IN_WORKERD), "utf8");
    expect([...ELSEWHERE].filter((id) => !text.includes(id))).toEqual([]);
    expect(cases.map(({ id }) => id).filter((id) => !(id in CASES) && !ELSEWHERE.has(id))).toEqual([]);
  });
  it.each(cases.filter(({ id }) => id in CASES))("$id: $why", async ({ id, expected }) => {
    using folder = nodeFolder();
    const member = await join(folder, `rabbit@${id}.${HOST}`);
    const before = await certificatesOf(member.node);
    const reply = await (CASES[id] ?? (() => expect.unreachable()))(member);
    if (expected === "reject") {
      expect(reply.status).toBeGreaterThanOrEqual(400);
      expect(reply.status).toBeLessThan(500);
      expect(await codeOf(reply)).toBe(REFUSED_WITH[id]);
      if (!RENEWS_FIRST.has(id)) expect(await certificatesOf(member.node)).toEqual(before);
    } else {
      expect([200, 201]).toContain(reply.status);
    }
  });
});

/** A part of these is, or may be, a renewal that is good. */
const RENEWS_FIRST = new Set(["proof-replay", "cert-revoked-just-now"]);

const certificatesOf = async (node: string): Promise<readonly string[]> => {
  const reply = await deployment.administer(`/v1/clusters/mq/certificates?node=${encodeURIComponent(node)}`);
  const { certificates } = await reply.json<{ certificates: { serial: string }[] }>();
  return certificates.map(({ serial }) => serial);
};
