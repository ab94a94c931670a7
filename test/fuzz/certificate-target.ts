import { X509Certificate } from "node:crypto";
import * as fc from "fast-check";
import { equalBytes, toHex } from "../../src/bytes.ts";
import { regionPins } from "../../src/auth/aws-iid/pins.ts";
import { readCaCertificate } from "../../src/pki/ca-certificate.ts";
import { readCertificate, type TbsCertificate } from "../../src/pki/certificate.ts";
import type { Bytes } from "../../src/pki/der/reader.ts";
import { dnsNames } from "../../src/pki/dns-names.ts";
import { acceptPublicKey } from "../../src/pki/key-policy.ts";
import { viewLeaf } from "../../src/pki/leaf-view.ts";
import { nameHash } from "../../src/pki/name-hash.ts";
import { signCertificate } from "../../src/pki/sign.ts";
import { makeAuthority, makeIssuingCa } from "../pki/support/authority.ts";
import { makeOrder, makePlan } from "../pki/support/order.ts";
import { parseNodes } from "./der-tree.ts";
import { inBytes, inStructure, type Seed } from "./mutations.ts";
import type { FuzzCase, Outcome, Target } from "./target.ts";

/** Certificates as they come inside of messages, pins and secrets. What OpenSSL reads too has the same fields. */
export const certificateTarget = async (): Promise<Target> => {
  const seeds = (await certificates()).map((body, n): Seed => ({
    id: `certificate-${n}`,
    body,
    nodes: parseNodes(body),
  }));
  return {
    cases: fc
      .oneof({ weight: 3, arbitrary: inStructure(seeds) }, { weight: 1, arbitrary: inBytes(seeds) })
      .map(({ seed, body, operators }) => ({ body, operators, seed: seed.id })),
    judge,
    reach: ["malformed", "ca", "leaf", "other"],
  };
};

const certificates = async (): Promise<readonly Bytes[]> => {
  const root = await makeAuthority({ algorithm: "P-384" });
  const others = await Promise.all([
    makeAuthority({ issuer: root }),
    makeAuthority({ algorithm: "Ed25519" }),
    makeAuthority({ version: 1 }),
  ]);
  const ca = await makeIssuingCa();
  const plan = await makePlan(await makeOrder(ca));
  const { der } = await signCertificate(plan.linted);
  const pins = regionPins()
    .slice(0, 2)
    .map(({ certificate }) => certificate.der);
  return [root.der, ...others.map((authority) => authority.der), der, ...pins];
};

/** Everything that reads a certificate or a part of it sees the bytes, whatever those before it have said. */
const judge = async ({ body }: FuzzCase): Promise<Outcome> => {
  const read = readCertificate(body);
  const ca = readCaCertificate(body);
  const leaf = viewLeaf(read.ok ? read.value.tbs.raw : body);
  await nameHash(read.ok ? read.value.tbs.subject : body);
  if (!read.ok) return { code: "malformed", sentence: read.error };
  dnsNames(read.value.tbs);
  compare(body, read.value.tbs);
  if (ca.ok) return { code: "ca", sentence: ca.value.key.type };
  return leaf.ok
    ? { code: "leaf", sentence: leaf.value.key.kind }
    : { code: "other", sentence: `${ca.error.detail}; ${leaf.error}` };
};

const compare = (der: Bytes, { serial, notBefore, notAfter, spki }: TbsCertificate): void => {
  const theirs = readByOpenssl(der);
  if (theirs === null) return;
  if ((serial[0] ?? 0) < 0x80 && BigInt(`0x${theirs.serialNumber}`) !== BigInt(`0x${toHex(serial)}`))
    throw new Error("OpenSSL reads another serial");
  if (theirs.validFromDate.getTime() !== notBefore * 1000 || theirs.validToDate.getTime() !== notAfter * 1000)
    throw new Error("OpenSSL reads another validity");
  if (acceptPublicKey(spki).ok && !equalBytes(theirs.publicKey.export({ type: "spki", format: "der" }), spki))
    throw new Error("OpenSSL reads another key");
};

const readByOpenssl = (der: Bytes): X509Certificate | null => {
  try {
    return new X509Certificate(der);
  } catch {
    return null;
  }
};
