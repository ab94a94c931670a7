import { createPrivateKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { utf8 } from "../../src/bytes.ts";
import type { Bytes } from "../../src/pki/der/reader.ts";
import { sequence } from "../../src/pki/der/writer.ts";
import { readPem, writePem } from "../../src/pki/pem.ts";
import { makeAuthority, privateKeyPem, type Authority } from "../pki/support/authority.ts";
import { makeRequest } from "../pki/support/request.ts";
import { cmsAttribute, makeMessage, type MessageParts } from "../pki/support/signed-message.ts";
import { sharedDir } from "../support/shared.ts";
import { parseNodes } from "./der-tree.ts";
import type { Seed } from "./mutations.ts";
import type { HashName } from "./signing-key.ts";

/** A signed message: a renewal, or the document of a cloud's metadata service. */
export interface CmsSeed extends Seed {
  /** Those whose messages are believed, as the ledger or a pin would have them. */
  readonly known: readonly Bytes[];
  /** Those that stand in its bag. */
  readonly bag: readonly Bytes[];
}

/** One whose signer's key is at hand. */
export interface SignableMessage extends CmsSeed {
  readonly key: KeyObject;
  readonly hash: HashName;
}

export interface CmsSeeds {
  readonly all: readonly CmsSeed[];
  readonly signable: readonly SignableMessage[];
}

export const makeCmsSeeds = async (): Promise<CmsSeeds> => {
  const [signer, stranger] = [await makeAuthority(), await makeAuthority()];
  const csr = await makeRequest(signer.pair);
  const signable = await Promise.all(
    messagesBy(signer, stranger, csr).map(([parts, hash], n) => signedBy(signer, parts, hash, n)),
  );
  return { signable, all: [...signable, ...documents()] };
};

const messagesBy = (
  signer: Authority,
  stranger: Authority,
  csr: Bytes,
): readonly (readonly [MessageParts, HashName])[] => {
  const capabilities = cmsAttribute("1.2.840.113549.1.9.15", sequence());
  return [
    [{ content: csr }, "sha256"],
    [{ content: utf8(writePem("CERTIFICATE REQUEST", csr)) }, "sha256"],
    [{ content: csr, hash: "SHA-384" }, "sha384"],
    [{ content: csr, hash: "SHA-512" }, "sha512"],
    [{ content: csr, identifier: "key-identifier", version: 3 }, "sha256"],
    [{ content: csr, moreAttributes: [capabilities], unsignedAttributes: capabilities }, "sha256"],
    [{ content: csr, bag: [stranger.der, signer.der] }, "sha256"],
    [{ content: utf8("{}") }, "sha256"],
    [{ content: utf8("{}"), bare: true }, "sha256"],
  ];
};

const signedBy = async (
  signer: Authority,
  parts: MessageParts,
  hash: HashName,
  n: number,
): Promise<SignableMessage> => {
  const body = await makeMessage(signer, parts);
  const key = createPrivateKey(await privateKeyPem(signer));
  return {
    id: `message-${n}`,
    body,
    nodes: parseNodes(body),
    known: [signer.der],
    bag: parts.bag ?? [signer.der],
    key,
    hash,
  };
};

/** RSA, without a certificate: instance identity documents of the shared data. */
const documents = (): readonly CmsSeed[] =>
  ["good", "pkcs7-attacker-cert-inside", "signer-attacker"].flatMap((id) => {
    const [body] = blocksOf(`iid/${id}/rsa2048`);
    return body === undefined
      ? []
      : [{ id, body, nodes: parseNodes(body), known: blocksOf("iid/signer-us-east-1.pem"), bag: [] }];
  });

const blocksOf = (path: string): readonly Bytes[] => {
  if (sharedDir === null) return [];
  const blocks = readPem(readFileSync(join(sharedDir, "data", path), "utf8"), "text");
  return blocks.ok ? blocks.value.map(({ der }) => der) : [];
};
