import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Capability } from "./requirements.ts";

const PROGRAM = join(import.meta.dirname, "verifiers/libcrypto.py");

/** Python 3 with ctypes and OpenSSL's library, for `verifiers/libcrypto.py`. */
export const libcrypto = (): Capability =>
  spawnSync("python3", [PROGRAM], { input: "" }).status === 0
    ? { available: true }
    : { available: false, why: "python3 with ctypes and libcrypto.so.3 must be there" };

/** What OpenSSL reads in a certificate. Times are epoch seconds, numbers hexadecimal, bytes base64. */
export interface CertificateAnswer {
  readonly verified: boolean;
  readonly version: number;
  readonly serial: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly subject: string;
  readonly issuer: string;
  readonly spki: string;
  /** `EXFLAG_…`. */
  readonly flags: number;
  /** `KU_…` and `XKU_…`. */
  readonly keyUsage: number;
  readonly extendedKeyUsage: number;
  readonly subjectKeyIdentifier: string | null;
  readonly authorityKeyIdentifier: string | null;
}

export interface CrlAnswer extends Pick<CertificateAnswer, "verified" | "version" | "issuer"> {
  readonly number: string;
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly revoked: readonly (readonly [serial: string, revokedAt: number, reason: number | null])[];
}

/** OpenSSL's opinions; `null` is a no. Reads each value to its last octet. */
export interface Libcrypto {
  /** The SubjectPublicKeyInfo of a request whose signature verifies. */
  readonly csr: (der: Uint8Array) => Promise<Buffer | null>;
  /** The content of a message that one of its own or of these certificates signed. */
  readonly cms: (der: Uint8Array, certificates?: readonly Uint8Array[]) => Promise<Buffer | null>;
  readonly certificate: (der: Uint8Array, issuerKey: Uint8Array) => Promise<CertificateAnswer | null>;
  readonly crl: (der: Uint8Array, issuerKey: Uint8Array) => Promise<CrlAnswer | null>;
  readonly close: () => Promise<void>;
}

/** One process for any number of questions, one after another. */
export const openLibcrypto = (): Libcrypto => {
  const child = spawn("python3", [PROGRAM], { stdio: ["pipe", "pipe", "inherit"] });
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();
  const ask = <T>(question: Readonly<Record<string, unknown>>): Promise<T | null> => {
    const answer = last.then(async () => {
      child.stdin.write(`${JSON.stringify(question)}\n`);
      const { value, done } = await answers.next();
      if (done === true) throw new Error(`OpenSSL has died of ${JSON.stringify(question)}`);
      return JSON.parse(value) as T | null;
    });
    last = answer.catch(() => undefined);
    return answer;
  };
  return {
    csr: async (der) => bytesOf((await ask<{ spki: string }>({ kind: "csr", der: base64(der) }))?.spki),
    cms: async (der, certificates = []) => {
      const question = { kind: "cms", der: base64(der), certificates: certificates.map(base64) };
      return bytesOf((await ask<{ content: string }>(question))?.content);
    },
    certificate: (der, key) => ask({ kind: "certificate", der: base64(der), issuerKey: base64(key) }),
    crl: (der, key) => ask({ kind: "crl", der: base64(der), issuerKey: base64(key) }),
    close: async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "close");
    },
  };
};

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

const bytesOf = (text: string | undefined): Buffer | null =>
  text === undefined ? null : Buffer.from(text, "base64");
