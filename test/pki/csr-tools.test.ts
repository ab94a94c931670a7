import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readCsr } from "../../src/pki/csr-envelope.ts";
import { verifyCsr } from "../../src/pki/csr.ts";
import { KEY_TYPES } from "../../src/pki/key.ts";
import { requireOrSkip } from "../support/requirements.ts";
import { HOST } from "./support/request.ts";

const directory = mkdtempSync(join(tmpdir(), "interlock-csr-"));
const path = (name: string): string => join(directory, name);
const run = (command: string, ...args: readonly string[]): Buffer =>
  execFileSync(command, args, { stdio: ["ignore", "pipe", "ignore"] });

const describeTool = (command: string, probe: string): ReturnType<typeof requireOrSkip> =>
  requireOrSkip(command, () => {
    try {
      run(command, probe);
      return { available: true };
    } catch {
      return { available: false, why: `there is no ${command} command` };
    }
  });

const verdict = async (csr: Uint8Array): Promise<string> => {
  const der = readCsr(csr);
  if (!der.ok) return der.error.detail;
  const judged = await verifyCsr(der.value, {
    host: HOST,
    names: [{ type: "dns", value: HOST }],
    keys: new Set(KEY_TYPES),
    blockedKeys: new Set(),
    caSpkiSha256: "00",
  });
  return judged.ok ? judged.value.type : judged.error.detail;
};

const EC = ["-newkey", "ec", "-pkeyopt"] as const;
const SAN = ["-addext", `subjectAltName=DNS:${HOST}`] as const;
const CN = ["-subj", `/CN=${HOST}`] as const;

describeTool("openssl", "version")("requests that openssl req writes", () => {
  test.each<[string, string, readonly string[]]>([
    ["EC P-256 with a CN", "ec-p256", [...EC, "ec_paramgen_curve:P-256", ...CN]],
    ["EC P-384 with a SAN alone", "ec-p384", [...EC, "ec_paramgen_curve:P-384", "-subj", "/", ...SAN]],
    ["EC P-521 signed with SHA-512", "ec-p521", [...EC, "ec_paramgen_curve:P-521", ...CN, "-sha512"]],
    ["Ed25519", "ed25519", ["-newkey", "ed25519", ...CN]],
    ["RSA signed with SHA-384", "rsa-2048", ["-newkey", "rsa:2048", ...CN, "-sha384"]],
    ["RSA with every wish of the profile", "rsa-3072", ["-newkey", "rsa:3072", ...CN, ...SAN, ...wishes()]],
    ["with text before the block", "ec-p256", [...EC, "ec_paramgen_curve:P-256", ...CN, "-text"]],
    ["as DER", "ec-p256", [...EC, "ec_paramgen_curve:P-256", ...CN, "-outform", "DER"]],
  ])("%s: %s", async (_, type, args) => {
    run("openssl", "req", "-new", "-nodes", "-keyout", path("key.pem"), "-out", path("csr"), ...args);
    expect(await verdict(readFileSync(path("csr")))).toBe(type);
  });
});

describeTool("certtool", "--version")("requests that certtool writes", () => {
  test.each([
    ["ecdsa", "ec-p256"],
    ["rsa", "rsa-3072"],
  ])("%s, with its text and its challenge password: %s", async (algorithm, type) => {
    const usages = `signing_key\n${algorithm === "rsa" ? "encryption_key\n" : ""}tls_www_server\ntls_www_client\n`;
    writeFileSync(
      path("template"),
      `cn = "${HOST}"\ndns_name = "${HOST}"\nchallenge_password = "x"\n${usages}`,
    );
    run(
      "certtool",
      "--generate-privkey",
      "--key-type",
      algorithm,
      "--sec-param",
      "high",
      "--outfile",
      path("key.pem"),
    );
    const csr = run(
      "certtool",
      "--generate-request",
      "--load-privkey",
      path("key.pem"),
      "--template",
      path("template"),
    );
    expect(await verdict(csr)).toBe(type);
  });
});

function wishes(): readonly string[] {
  return [
    "keyUsage=critical,digitalSignature,keyEncipherment",
    "extendedKeyUsage=serverAuth,clientAuth",
    "basicConstraints=critical,CA:FALSE",
    "subjectKeyIdentifier=hash",
  ].flatMap((wish) => ["-addext", wish]);
}
