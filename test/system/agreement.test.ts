import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCsr, type CsrWish } from "../support/csr.ts";
import { rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import { requireOrSkip, type Capability } from "../support/requirements.ts";
import { sharedDir } from "../support/shared.ts";
import { makeClusterSecret, type ClusterSecret } from "../support/test-ca.ts";

/** The CA sets of the corpus whose subject or key is out of the ordinary; good ones, so everybody must accept their leaves. */
const CA_SETS = [
  "good-p384",
  "good-rsa2048",
  "good-rsa4096",
  "dn-t61",
  "dn-bmp",
  "dn-multivalued",
  "dn-dc",
  "rotate-b",
];
const LEAF_KEYS = ["ec-p256", "ec-p384", "rsa-2048"] as const satisfies readonly CsrWish["key"][];
/** Long enough that the subject stays empty and the SAN becomes critical. */
const HOSTS = ["node-01.nodes.example.internal", `${"n".repeat(60)}.nodes.example.internal`];

const fromShared = (set: string): ClusterSecret => {
  const read = (file: string): string => readFileSync(join(sharedDir ?? "", "data/ca", file), "utf8");
  return {
    version: 1,
    certificate: read(`${set}/ca.pem`),
    privateKey: read(`${set}/key.pem`),
    trustBundle: read("root.pem"),
    tokenKey: Buffer.alloc(32, 7).toString("base64"),
  };
};

interface Issued {
  readonly what: string;
  readonly host: string;
  readonly chain: string;
  readonly leaf: string;
  readonly intermediates: string;
  readonly root: string;
}

const has = (command: string, ...args: string[]): Capability => {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return { available: true };
  } catch {
    return { available: false, why: `${command} is not installed` };
  }
};

let deployment: Deployment;
let folder: string;
const issued: Issued[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "interlock-agreement-"));
  const secrets: Record<string, ClusterSecret> = { "own-p256": await makeClusterSecret() };
  if (sharedDir !== null) for (const set of CA_SETS) secrets[set] = fromShared(set);
  deployment = await startDeployment({
    definitions: Object.fromEntries(
      Object.keys(secrets).map((id) => [id, { ...rabbitDefinition(), ca: { secret: id } }]),
    ),
    secrets,
  });
  for (const cluster of Object.keys(secrets)) {
    for (const key of LEAF_KEYS) for (const host of HOSTS) issued.push(await issue(cluster, key, host));
  }
});
afterAll(async () => {
  await deployment[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const issue = async (cluster: string, key: (typeof LEAF_KEYS)[number], host: string): Promise<Issued> => {
  const node = `rabbit@${host}`;
  const reply = await deployment.askBundle(
    cluster,
    node,
    await deployment.mint(cluster, { exact: node }),
    (await makeCsr({ key })).csrPem,
  );
  expect(reply.status).toBe(201);
  const { chain, caBundle } = await reply.json<{ chain: string; caBundle: string }>();
  const [leaf = "", ...rest] = chain.match(/-----BEGIN[^]*?-----END CERTIFICATE-----\n/g) ?? [];
  const name = join(folder, String(issued.length));
  const files = {
    chain: `${name}.chain`,
    leaf: `${name}.leaf`,
    intermediates: `${name}.mid`,
    root: `${name}.root`,
  };
  writeFileSync(files.chain, chain);
  writeFileSync(files.leaf, leaf);
  writeFileSync(files.intermediates, rest.join(""));
  writeFileSync(files.root, caBundle);
  return { what: `${cluster}, ${key}, ${host}`, host, ...files };
};

const output = (command: string, ...args: string[]): string => {
  try {
    return execFileSync(command, args, { stdio: ["ignore", "pipe", "pipe"] }).toString();
  } catch (failure) {
    return `refused ${String((failure as { stderr?: unknown }).stderr)}${String((failure as { stdout?: unknown }).stdout)}`;
  }
};

const pairs = (): string[] => issued.flatMap(({ chain, root }) => [chain, root]);

requireOrSkip("openssl", () => has("openssl", "version"))("openssl", () => {
  it.each(["sslserver", "sslclient"])(
    "accepts every certificate, strictly, as %s, for its host",
    (purpose) => {
      for (const { what, leaf, intermediates, root, host } of issued) {
        const verdict = output(
          "openssl",
          "verify",
          "-x509_strict",
          "-purpose",
          purpose,
          "-verify_hostname",
          host,
          "-CAfile",
          root,
          "-untrusted",
          intermediates,
          leaf,
        );
        expect([what, verdict]).toEqual([what, `${leaf}: OK\n`]);
      }
    },
  );
  it("finds none for another host", () => {
    const [first] = issued;
    if (first === undefined) throw new Error("nothing was issued");
    expect(
      output(
        "openssl",
        "verify",
        "-verify_hostname",
        "node-02.nodes.example.internal",
        "-CAfile",
        first.root,
        "-untrusted",
        first.intermediates,
        first.leaf,
      ),
    ).toMatch(/hostname mismatch/i);
  });
});

requireOrSkip("GnuTLS", () => has("certtool", "--version"))("GnuTLS", () => {
  it("accepts every certificate for its host", () => {
    for (const { what, chain, root, host } of issued) {
      const verdict = output(
        "certtool",
        "--verify",
        "--load-ca-certificate",
        root,
        "--verify-hostname",
        host,
        "--infile",
        chain,
      );
      expect([what, verdict]).toEqual([
        what,
        expect.stringContaining("Chain verification output: Verified. The certificate is trusted."),
      ]);
    }
  });
});

requireOrSkip("Java", () => has("javac", "-version"))("Java", () => {
  it("accepts every certificate, with both usages and no CA", () => {
    const source = join(import.meta.dirname, "../support/verifiers/PathValidation.java");
    const lines = output("java", source, ...pairs())
      .trim()
      .split("\n");
    expect(lines).toEqual(issued.map(() => "ok [1.3.6.1.5.5.7.3.1, 1.3.6.1.5.5.7.3.2] -1"));
  });
});

requireOrSkip("Erlang", () => has("erl", "-noshell", "-eval", "halt()."))("Erlang", () => {
  it("accepts every path, as its distribution validates it", () => {
    const source = join(import.meta.dirname, "../support/verifiers/path_validation.erl");
    output("erlc", "-o", folder, source);
    const lines = output(
      "erl",
      "-noshell",
      "-pa",
      folder,
      "-s",
      "path_validation",
      "main",
      "-extra",
      ...pairs(),
    )
      .trim()
      .split("\n");
    expect(lines).toEqual(issued.map(() => "ok"));
  });
});

describe("the set that they agreed on", () => {
  it("has every kind of CA and leaf", () => {
    expect(issued.length).toBe(
      (sharedDir === null ? 1 : 1 + CA_SETS.length) * LEAF_KEYS.length * HOSTS.length,
    );
  });
});
