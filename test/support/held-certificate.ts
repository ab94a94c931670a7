import { readCertificate } from "../../src/pki/certificate.ts";
import { readPem } from "../../src/pki/pem.ts";
import type { Authority } from "../pki/support/authority.ts";
import type { KeyPair } from "../pki/support/web-crypto.ts";

const EC = { name: "ECDSA", namedCurve: "P-256" };

/** A P-256 certificate (the first of a chain) with its key, as a party that can sign: messages, and what it should not. */
export const heldCertificate = async (chainPem: string, key: KeyPair | string): Promise<Authority> => {
  const der = firstBlock(chainPem);
  const read = readCertificate(der);
  if (!read.ok) throw new Error(read.error);
  const { subject, spki } = read.value.tbs;
  const pair = typeof key === "string" ? await importPair(firstBlock(key), spki) : key;
  const keyIdentifier = new Uint8Array(20);
  return { name: subject, pair, algorithm: "P-256", keyIdentifier, der, pem: chainPem };
};

const importPair = async (pkcs8: Bytes, spki: Bytes): Promise<KeyPair> => ({
  privateKey: await crypto.subtle.importKey("pkcs8", pkcs8, EC, true, ["sign"]),
  publicKey: await crypto.subtle.importKey("spki", spki, EC, true, ["verify"]),
});

type Bytes = Uint8Array<ArrayBuffer>;

const firstBlock = (pem: string): Bytes => {
  const blocks = readPem(pem, "text");
  const der = blocks.ok ? blocks.value[0]?.der : undefined;
  if (der === undefined) throw new Error("this should be PEM");
  return der;
};
