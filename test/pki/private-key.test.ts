import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import { acceptPublicKey, type AcceptedKey } from "../../src/pki/key-policy.ts";
import { writePem } from "../../src/pki/pem.ts";
import { importSigningKey } from "../../src/pki/private-key.ts";

const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ed = generateKeyPairSync("ed25519");

const acceptedOf = (key: KeyObject): AcceptedKey => {
  const accepted = acceptPublicKey(Uint8Array.from(key.export({ type: "spki", format: "der" })));
  if (!accepted.ok) throw new Error(accepted.error.detail);
  return accepted.value;
};

const ALGORITHMS = {
  ec: { family: "ec", hash: "SHA-256" },
  rsa: { family: "rsa", hash: "SHA-256" },
  ed25519: { family: "ed25519", hash: "SHA-512" },
} as const;

const outcome = async (
  pem: string,
  { publicKey }: { readonly publicKey: KeyObject } = ec,
): Promise<string> => {
  const family =
    publicKey.asymmetricKeyType === "rsa" ? "rsa" : publicKey.asymmetricKeyType === "ec" ? "ec" : "ed25519";
  const key = await importSigningKey(pem, acceptedOf(publicKey), ALGORITHMS[family]);
  if (!key.ok) return key.error.reason;
  expect(key.value.extractable).toBe(false);
  expect(key.value.usages).toEqual(["sign"]);
  return "imported";
};

const PARAMETERS = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
const pkcs8 = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();
const sec1 = (key: KeyObject): string => key.export({ type: "sec1", format: "pem" }).toString();
const pkcs1 = (key: KeyObject): string => key.export({ type: "pkcs1", format: "pem" }).toString();

describe("forms of a private key", () => {
  test.each([
    ["PKCS#8 of an EC key", pkcs8(ec.privateKey), ec],
    ["PKCS#8 of an RSA key", pkcs8(rsa.privateKey), rsa],
    ["PKCS#8 of an Ed25519 key", pkcs8(ed.privateKey), ed],
    ["SEC1", sec1(ec.privateKey), ec],
    ["SEC1 of P-384", sec1(p384.privateKey), p384],
    ["SEC1 after EC PARAMETERS, as openssl ecparam -genkey writes", PARAMETERS + sec1(ec.privateKey), ec],
    ["PKCS#1", pkcs1(rsa.privateKey), rsa],
    ["PKCS#8 with CRLF line ends", pkcs8(ec.privateKey).replaceAll("\n", "\r\n"), ec],
  ])("%s is imported, to sign and not to be exported", async (_, pem, pair) => {
    expect(await outcome(pem, pair)).toBe("imported");
  });
});

describe("what is no private key for the certificate", () => {
  const encrypted = { cipher: "aes-256-cbc", passphrase: "secret", format: "pem" } as const;

  test.each([
    ["nothing", "", "key-form"],
    ["blank lines", "\n\n", "key-form"],
    ["text", "hello", "key-form"],
    ["an encrypted PKCS#8", ec.privateKey.export({ type: "pkcs8", ...encrypted }).toString(), "key-form"],
    ["an encrypted SEC1", ec.privateKey.export({ type: "sec1", ...encrypted }).toString(), "key-form"],
    ["a public key", ec.publicKey.export({ type: "spki", format: "pem" }).toString(), "key-form"],
    ["escaped line ends", pkcs8(ec.privateKey).replaceAll("\n", "\\n"), "key-form"],
    ["two keys", pkcs8(ec.privateKey) + pkcs8(ec.privateKey), "key-form"],
    ["EC PARAMETERS alone", PARAMETERS, "key-form"],
    ["an OpenSSH key", writePem("OPENSSH PRIVATE KEY", new Uint8Array(40)), "key-form"],
    ["PKCS#8 that is not DER", writePem("PRIVATE KEY", new Uint8Array(40)), "key-form"],
    ["SEC1 that is not DER", writePem("EC PRIVATE KEY", new Uint8Array(40)), "key-form"],
    ["SEC1 under the label of PKCS#8", sec1(ec.privateKey).replaceAll("EC PRIVATE", "PRIVATE"), "key-form"],
    ["an RSA key in PKCS#8", pkcs8(rsa.privateKey), "key-mismatch"],
    ["an RSA key in PKCS#1", pkcs1(rsa.privateKey), "key-mismatch"],
    ["a key on another curve", pkcs8(p384.privateKey), "key-mismatch"],
    ["an Ed25519 key", pkcs8(ed.privateKey), "key-mismatch"],
  ])("%s: %s", async (_, pem, reason) => {
    expect(await outcome(pem)).toBe(reason);
  });

  test("SEC1 beside an RSA certificate", async () => {
    expect(await outcome(sec1(ec.privateKey), rsa)).toBe("key-mismatch");
  });
});

test("no defect quotes the key", async () => {
  const damaged = pkcs8(ec.privateKey).replace("M", "N");
  const key = await importSigningKey(damaged, acceptedOf(ec.publicKey), ALGORITHMS.ec);
  expect(key.ok).toBe(false);
  const [, line = ""] = damaged.split("\n");
  expect(JSON.stringify(key)).not.toContain(line.slice(0, 16));
});
