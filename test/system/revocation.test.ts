import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
// First: it brings the Reflect polyfill that the library needs.
import { makeCsr } from "../support/csr.ts";
import { X509Crl } from "@peculiar/x509";
import { nodeWorld } from "../../src/cli/world.ts";
import { run as interlock } from "../../src/cli/run.ts";
import {
  ADMIN_TOKEN,
  codeOf,
  rabbitDefinition,
  startDeployment,
  type Deployment,
} from "../support/deployment.ts";
import { describeOpenssl } from "../support/openssl.ts";
import { attempt, run } from "../support/process.ts";
import { requireOrSkip } from "../support/requirements.ts";

/** Revocation and the CRL as administrators and peers meet them: over HTTP, on the production bundle. */
let deployment: Deployment;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "interlock-revocation-"));
  deployment = await startDeployment({
    definitions: {
      mq: rabbitDefinition(),
      storm: rabbitDefinition("storm.example.internal"),
      race: rabbitDefinition("race.example.internal"),
      checked: rabbitDefinition("checked.example.internal", { render: { revocation: "file" } }),
    },
  });
});
afterAll(async () => {
  await deployment[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const nodeOf = (cluster: string, name: string): string =>
  `rabbit@${name}.${cluster === "mq" ? "nodes" : cluster}.example.internal`;

interface Issued {
  readonly node: string;
  readonly serial: string;
  readonly chain: string;
  readonly caBundle: string;
  /** The same call again: same token, same key. */
  readonly again: () => Promise<Response>;
}

const issue = async (cluster: string, name: string): Promise<Issued> => {
  const node = nodeOf(cluster, name);
  const token = await deployment.mint(cluster, { exact: node });
  const { csrPem } = await makeCsr();
  const again = (): Promise<Response> => deployment.askBundle(cluster, node, token, csrPem);
  const reply = await again();
  expect(reply.status).toBe(201);
  const bundle = await reply.json<{ certificate: { serial: string }; chain: string; caBundle: string }>();
  return { node, again, serial: bundle.certificate.serial, chain: bundle.chain, caBundle: bundle.caBundle };
};

const post = (path: string, body: unknown = {}): Promise<Response> =>
  deployment.administer(`/v1/clusters/${path}`, { method: "POST", body: JSON.stringify(body) });
const revoke = (cluster: string, serial: string, reason?: string): Promise<Response> =>
  post(`${cluster}/certificates/${serial}/revoke`, reason === undefined ? {} : { reason });
const revokeNode = (cluster: string, node: string, reason = "cessationOfOperation"): Promise<Response> =>
  post(`${cluster}/nodes/${encodeURIComponent(node)}/revoke`, { reason });

const getCrl = (cluster: string, rest = "", headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${deployment.origin()}/v1/clusters/${cluster}/crl${rest}`, { headers });
const readCrl = async (cluster: string): Promise<X509Crl> => {
  const reply = await getCrl(cluster);
  expect(reply.status).toBe(200);
  return new X509Crl(await reply.arrayBuffer());
};
const serialsOf = (crl: X509Crl): readonly string[] =>
  crl.entries.map(({ serialNumber }) => serialNumber.replace(/^00/, ""));
const numberOf = (crl: X509Crl): number => {
  const extension = crl.extensions.find(({ type }) => type === "2.5.29.20");
  const octets = [...new Uint8Array(extension?.value ?? new ArrayBuffer(0))].slice(2);
  return octets.reduce((number, octet) => number * 256 + octet, 0);
};

describe("a revocation", () => {
  it("answers the entry, again the same, and is on the CRL with its reason", async () => {
    const { serial } = await issue("mq", "once");
    const first = await revoke("mq", serial, "superseded");
    const entry = await first.json<{ state: string; reason: string; revokedAt: string }>();
    expect([first.status, entry]).toMatchObject([200, { serial, state: "revoked", reason: "superseded" }]);
    expect(entry.revokedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const second = await revoke("mq", serial, "privilegeWithdrawn");
    expect([second.status, await second.json()]).toEqual([200, entry]);
    const listed = (await readCrl("mq")).entries.find(({ serialNumber }) => serialNumber.endsWith(serial));
    expect(listed?.reason).toBe(4);
  });
  it("blocks the node's renewal at once, and a new token lets it come back", async () => {
    const { node, serial, again } = await issue("mq", "blocked");
    await revoke("mq", serial);
    expect(await codeOf(await again())).toBe("revoked");
    const token = await deployment.mint("mq", { exact: node });
    expect((await deployment.askBundle("mq", node, token, (await makeCsr()).csrPem)).status).toBe(201);
  });
  it("as compromised bars the key, with whatever token it comes", async () => {
    const node = nodeOf("mq", "stolen");
    const { csrPem } = await makeCsr();
    const ask = async (): Promise<Response> =>
      deployment.askBundle("mq", node, await deployment.mint("mq", { exact: node }), csrPem);
    const { certificate } = await (await ask()).json<{ certificate: { serial: string } }>();
    await revoke("mq", certificate.serial, "keyCompromise");
    expect(await codeOf(await ask())).toBe("revoked");
  });
  it("of a node names its serials, again the same ones", async () => {
    const { node, serial } = await issue("mq", "whole");
    for (const _ of [1, 2]) {
      expect(await (await revokeNode("mq", node)).json()).toEqual({ revoked: [serial] });
    }
    expect(await (await revokeNode("mq", nodeOf("mq", "nobody"))).json()).toEqual({ revoked: [] });
  });
  it("holds on the first request after a restart", async () => {
    const { serial, again } = await issue("mq", "restarted");
    await revoke("mq", serial);
    await deployment.restart("SIGKILL");
    expect(await codeOf(await again())).toBe("revoked");
    expect(serialsOf(await readCrl("mq"))).toContain(serial);
  });
  it.each(["removeFromCRL", "certificateHold", "cACompromise", "7", "", "KEYCOMPROMISE"])(
    "for the reason %j is refused, and nothing is revoked",
    async (reason) => {
      const { serial } = await issue(
        "mq",
        `reason-${String(reason.length)}-${reason.slice(0, 1).toLowerCase()}x`,
      );
      const reply = await revoke("mq", serial, reason);
      expect([reply.status, await codeOf(reply)]).toEqual([400, "malformed-request"]);
      expect(serialsOf(await readCrl("mq"))).not.toContain(serial);
    },
  );
  it("of what is not there is a 404, and without the administrator's credential a 401", async () => {
    expect((await revoke("mq", "00".repeat(17))).status).toBe(404);
    for (const path of ["certificates/00/revoke", "nodes/rabbit@x/revoke", "revoke"]) {
      const reply = await fetch(`${deployment.origin()}/v1/clusters/mq/${path}`, { method: "POST" });
      expect(reply.status).toBe(401);
    }
  });
  it("of a node and a call of the node at once happen in one of the two orders", async () => {
    for (let round = 0; round < 30; round++) {
      const { node, serial, again } = await issue("race", `round-${String(round)}`);
      const [reply, revoked] = await Promise.all([again(), revokeNode("race", node)]);
      expect(await revoked.json()).toEqual({ revoked: [serial] });
      expect([200, "revoked"]).toContain(reply.ok ? reply.status : await codeOf(reply));
      expect(await codeOf(await again())).toBe("revoked");
    }
    const { certificates } = await (
      await deployment.administer("/v1/clusters/race/certificates?limit=1000&state=valid")
    ).json<{ certificates: unknown[] }>();
    expect(certificates).toEqual([]);
  });
  it("of a whole cluster is of every certificate", async () => {
    const { serial, again } = await issue("race", "last");
    const { revoked } = await (
      await post("race/revoke", { reason: "affiliationChanged" })
    ).json<{ revoked: string[] }>();
    expect(revoked).toHaveLength(31);
    expect(revoked).toContain(serial);
    expect(await codeOf(await again())).toBe("revoked");
  });
});

describe("interlock revoke", () => {
  it("does it from an operator's shell", async () => {
    const { node, serial, again } = await issue("mq", "by-hand");
    let out = "";
    const world = {
      ...nodeWorld(),
      env: { ADMIN_TOKEN },
      stdout: (text: string) => void (out += text),
      stderr: () => undefined,
    };
    const line = ["revoke", "--cluster", "mq", "--node", node, "--url", deployment.origin()];
    expect(await interlock(line, world)).toBe(0);
    expect(out).toBe(`${serial}\n`);
    expect(await codeOf(await again())).toBe("revoked");
  });
});

describe("a bundle of a cluster whose nodes check revocation", () => {
  it("brings the CRL under the name that Erlang looks for, and the options that make it look", async () => {
    const node = nodeOf("checked", "n1");
    const token = await deployment.mint("checked", { exact: node });
    const { csrPem } = await makeCsr();
    const dry = await deployment.askBundle("checked", node, token, csrPem, "?dryRun=true");
    expect(await dry.text()).not.toContain("X509 CRL");
    const reply = await deployment.askBundle("checked", node, token, csrPem);
    const { files, warnings } = await reply.json<{
      files: { path: string; mode: string; content: string }[];
      warnings: { code: string }[];
    }>();
    const crl = files.find(({ path }) => path.startsWith("/etc/rabbitmq/tls/crls/"));
    const name = /filename="(.+)"/.exec(
      (await getCrl("checked", ".r0")).headers.get("Content-Disposition") ?? "",
    );
    expect(crl).toMatchObject({ path: `/etc/rabbitmq/tls/crls/${name?.[1] ?? ""}`, mode: "0644" });
    expect(new X509Crl(crl?.content ?? "").entries).toEqual([]);
    expect(files.find(({ path }) => path.endsWith("inter_node_tls.config"))?.content).toContain(
      "{crl_check, peer}",
    );
    expect(warnings.map(({ code }) => code)).toContain("crl-refresh");
    const flags = await deployment.askBundle("checked", node, token, csrPem, "?strategy=flags");
    expect(await codeOf(flags)).toBe("option-invalid");
  });
});

describe("100 revocations while the CRL is fetched in a loop", () => {
  it("are all on the CRL after the last answer, and CRL numbers rise strictly", async () => {
    const issued: Issued[] = [];
    for (let batch = 0; batch < 10; batch++) {
      const names = Array.from({ length: 10 }, (_, n) => `n${String(batch)}-${String(n)}`);
      issued.push(...(await Promise.all(names.map((name) => issue("storm", name)))));
    }
    const done = new AbortController();
    const seen = new Map<number, string>();
    const loop = (async () => {
      let last = 0;
      while (!done.signal.aborted) {
        const crl = await readCrl("storm");
        const [number, listed] = [numberOf(crl), serialsOf(crl).join()];
        expect(number).toBeGreaterThanOrEqual(last);
        expect(seen.get(number) ?? listed).toBe(listed);
        seen.set(number, listed);
        last = number;
      }
    })();
    for (let at = 0; at < issued.length; at += 5) {
      const replies = await Promise.all(
        issued.slice(at, at + 5).map(({ serial }) => revoke("storm", serial)),
      );
      expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    }
    const last = await readCrl("storm");
    done.abort();
    await loop;
    expect(new Set(serialsOf(last))).toEqual(new Set(issued.map(({ serial }) => serial)));
    expect(seen.size).toBeGreaterThan(1);
  });
});

describe("GET …/crl", () => {
  it("is a DER that caches may keep, but not past its end", async () => {
    const reply = await getCrl("mq");
    expect(reply.headers.get("Content-Type")).toBe("application/pkix-crl");
    const maxAge = Number(/^public, max-age=(\d+)$/.exec(reply.headers.get("Cache-Control") ?? "")?.[1]);
    const { nextUpdate } = new X509Crl(await reply.arrayBuffer());
    expect(maxAge).toBeGreaterThan(0);
    expect(Date.now() / 1000 + maxAge).toBeLessThanOrEqual((nextUpdate?.getTime() ?? 0) / 1000);
  });
  it("is not sent again to who has it", async () => {
    const reply = await getCrl("mq");
    const [tag, body] = [reply.headers.get("ETag") ?? "", await reply.arrayBuffer()];
    expect((await getCrl("mq", "", { "If-None-Match": tag })).status).toBe(304);
    expect((await getCrl("mq", "?format=pem", { "If-None-Match": tag })).status).toBe(200);
    expect((await getCrl("mq", "", { Range: "bytes=0-1" })).status).toBe(200);
    expect(Buffer.from(await (await getCrl("mq")).arrayBuffer()).equals(Buffer.from(body))).toBe(true);
  });
  it("has no third form, and there is none of a cluster that is not there", async () => {
    expect((await getCrl("mq", "?format=json")).status).toBe(406);
    expect((await getCrl("nobody")).status).toBe(404);
  });
});

const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

describeOpenssl("OpenSSL", () => {
  it("agrees that a revoked certificate is revoked and another is good", async () => {
    const [bad, good] = [await issue("mq", "bad"), await issue("mq", "good")];
    await revoke("mq", bad.serial, "keyCompromise");
    const crl = file("crl.pem", await (await getCrl("mq", "?format=pem")).text());
    const root = file("root.pem", bad.caBundle);
    const chain = file("chain.pem", bad.chain);
    const verified = await attempt(["openssl", "crl", "-noout", "-verify", "-CAfile", chain, "-in", crl]);
    expect(verified.stderr).toContain("verify OK");
    const check = ({ chain: own }: Issued) =>
      attempt([
        "openssl",
        "verify",
        "-x509_strict",
        "-crl_check",
        "-CRLfile",
        crl,
        "-CAfile",
        root,
        "-untrusted",
        chain,
        file("leaf.pem", own),
      ]);
    expect((await check(good)).code).toBe(0);
    const revoked = await check(bad);
    expect([revoked.code === 0, revoked.stderr]).toEqual([
      false,
      expect.stringContaining("certificate revoked"),
    ]);
  });
  it("finds crl.r0 by its name in a folder of CRLs", async () => {
    const [bad, good] = [await issue("mq", "bad-2"), await issue("mq", "good-2")];
    await revoke("mq", bad.serial);
    const reply = await getCrl("mq", ".r0");
    const name =
      /filename="([0-9a-f]{8}\.r0)"/.exec(reply.headers.get("Content-Disposition") ?? "")?.[1] ?? "";
    const path = file(name, await reply.text());
    expect(`${(await run(["openssl", "crl", "-hash", "-noout", "-in", path])).trim()}.r0`).toBe(name);
    const check = ({ chain, caBundle }: Issued) =>
      attempt([
        "openssl",
        "verify",
        "-crl_check",
        "-CApath",
        folder,
        "-CAfile",
        file("root.pem", caBundle),
        "-untrusted",
        file("chain.pem", chain),
        file("leaf.pem", chain),
      ]);
    expect((await check(good)).code).toBe(0);
    expect((await check(bad)).stderr).toContain("certificate revoked");
  });
});

const describeGnutls = requireOrSkip("gnutls", () =>
  spawnSync("certtool", ["--version"]).status === 0
    ? { available: true }
    : { available: false, why: "there is no certtool command" },
);

describeGnutls("GnuTLS", () => {
  it("verifies the CRL", async () => {
    const crl = file("gnutls.pem", await (await getCrl("mq", "?format=pem")).text());
    const { chain } = await issue("mq", "gnutls");
    const issuer = chain.slice(chain.indexOf("-----BEGIN", 10));
    const verified = await attempt([
      "certtool",
      "--verify-crl",
      "--load-ca-certificate",
      file("issuer.pem", issuer),
      "--infile",
      crl,
    ]);
    expect(verified.stdout + verified.stderr).toContain("Verification output: Verified");
  });
});
