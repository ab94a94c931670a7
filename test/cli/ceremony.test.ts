import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CA_KEYS } from "../../src/cli/ca-keys.ts";
import type { CeremonyRequest } from "../../src/cli/ca-certificates.ts";
import { holdCeremony, renewIssuing } from "../../src/cli/ceremony.ts";
import { run } from "../support/process.ts";
import { requireOrSkip, type Capability } from "../support/requirements.ts";

const DAY = 86_400;
const request: CeremonyRequest = {
  cluster: "mq",
  key: "ec-p256",
  now: Math.floor(Date.now() / 1000),
  rootLifetime: 3650 * DAY,
  lifetime: 1095 * DAY,
  permitted: null,
  random: (length) => crypto.getRandomValues(new Uint8Array(length)),
};

const openssl = (): Capability => {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return { available: true };
  } catch {
    return { available: false, why: "openssl is not on the PATH" };
  }
};

/** Verifies the issuing CA under the root, strictly, and gives it as text. */
const verified = async (root: string, issuing: string): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), "interlock-"));
  try {
    writeFileSync(join(folder, "root.pem"), root);
    writeFileSync(join(folder, "issuing.pem"), issuing);
    await run([
      "openssl",
      "verify",
      "-x509_strict",
      "-CAfile",
      join(folder, "root.pem"),
      join(folder, "issuing.pem"),
    ]);
    return await run(["openssl", "x509", "-noout", "-text", "-in", join(folder, "issuing.pem")]);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

requireOrSkip("openssl", openssl)("a ceremony, as OpenSSL reads it", () => {
  it.each(CA_KEYS.filter((key) => key !== "rsa-4096"))(
    "makes an intermediate of %s that signs nodes and no further CA",
    async (key) => {
      const { root, issuing } = await holdCeremony({ ...request, key, cluster: "c".repeat(63) });
      const text = await verified(root.certificate, issuing.certificate);
      expect(text).toMatch(/X509v3 Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
      expect(text).toMatch(/X509v3 Key Usage: critical\s+Certificate Sign, CRL Sign/);
      expect(text).toContain(`O = Interlock, OU = ${"c".repeat(63)}, CN = Issuing CA`);
      // Erlang refuses a chain whose CA has one usage only, and dies of an address constraint (`erlang.md` §0).
      expect(text).not.toMatch(/Extended Key Usage|Name Constraints/);
      expect(text).toContain(
        key === "ec-p384"
          ? "ecdsa-with-SHA384"
          : key === "ec-p256"
            ? "ecdsa-with-SHA256"
            : "sha256WithRSAEncryption",
      );
    },
  );

  it("writes name constraints, critical", async () => {
    const { root, issuing } = await holdCeremony({ ...request, permitted: ["prod.internal", "mq-1"] });
    const text = await verified(root.certificate, issuing.certificate);
    expect(text).toMatch(/X509v3 Name Constraints: critical\s+Permitted:\s+DNS:prod.internal\s+DNS:mq-1\n/);
  });

  it("signs a further intermediate with the same root", async () => {
    const { root, issuing } = await holdCeremony({ ...request, key: "ec-p384" });
    const renewed = await renewIssuing(root, { ...request, key: "rsa-2048" });
    if (!renewed.ok) throw new Error(renewed.error);
    expect(renewed.value.certificate).not.toBe(issuing.certificate);
    expect(await verified(root.certificate, renewed.value.certificate)).toContain("ecdsa-with-SHA384");
  });

  it("gives no two CAs one name, not on one day either", async () => {
    const [a, b] = await Promise.all([holdCeremony(request), holdCeremony(request)]);
    const pems = [a.root, a.issuing, b.root, b.issuing].map(({ certificate }) => certificate);
    expect(new Set(pems).size).toBe(4);
    const subjects = await Promise.all(
      pems.map((pem) => run(["openssl", "x509", "-noout", "-subject"], { stdin: pem })),
    );
    expect(new Set(subjects).size).toBe(4);
  });
});

describe("a ceremony", () => {
  it("ends PEM with exactly one newline: two blocks may be joined", async () => {
    const { root, issuing } = await holdCeremony(request);
    for (const text of [root.certificate, root.privateKey, issuing.certificate, issuing.privateKey]) {
      expect(text).toMatch(/^-----BEGIN [A-Z ]+-----\n[^]*[^\n]\n$/);
    }
  });
});
