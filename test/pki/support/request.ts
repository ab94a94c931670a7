import type { CsrExpectation } from "../../../src/pki/csr.ts";
import { OID } from "../../../src/pki/der/oids.ts";
import type { Bytes } from "../../../src/pki/der/reader.ts";
import {
  bitString,
  booleanTrue,
  element,
  explicit,
  octetString,
  oid,
  sequence,
  setOf,
  smallInteger,
  utf8String,
} from "../../../src/pki/der/writer.ts";
import { utf8 } from "../../../src/bytes.ts";
import { ecdsaToDer } from "../../../src/pki/ecdsa-signature.ts";
import { spkiOf, type KeyPair } from "./web-crypto.ts";

/** Certification requests of any content with a good signature, so that a test changes the one thing that it is about. */
export interface RequestParts {
  readonly subject?: Bytes;
  readonly spki?: Bytes;
  readonly extensions?: readonly Bytes[];
  readonly attributes?: readonly Bytes[];
}

export const HOST = "node-01.nodes.example.internal";

/** What a request for that host alone is held against. */
export const EXPECTED: CsrExpectation = {
  host: HOST,
  names: [{ type: "dns", value: HOST }],
  keys: new Set(["ec-p256"]),
  blockedKeys: new Set(),
  caSpkiSha256: "00",
};

export const commonName = (text: string): Bytes =>
  sequence(setOf(sequence(oid(OID.commonName), utf8String(text))));

export const dnsNames = (...names: readonly string[]): Bytes =>
  requestedExtension(OID.subjectAltName, sequence(...names.map((name) => element(0x82, utf8(name)))));

export const ipNames = (...addresses: readonly (readonly number[])[]): Bytes =>
  requestedExtension(
    OID.subjectAltName,
    sequence(...addresses.map((octets) => element(0x87, Uint8Array.from(octets)))),
  );

export const requestedExtension = (id: string, value: Uint8Array, critical = false): Bytes =>
  sequence(oid(id), ...(critical ? [booleanTrue()] : []), octetString(value));

export const attribute = (type: string, ...values: readonly Uint8Array[]): Bytes =>
  sequence(oid(type), setOf(...values));

/** Signed with ECDSA and SHA-256 by `pair`, whatever the parts say. */
export const makeRequest = async (pair: KeyPair, parts: RequestParts = {}): Promise<Bytes> => {
  const attributes = parts.attributes ?? extensionRequest(parts.extensions);
  const info = sequence(
    smallInteger(0),
    parts.subject ?? commonName(HOST),
    parts.spki ?? (await spkiOf(pair)),
    explicit(0, ...attributes),
  );
  return signRequest(pair, info);
};

const extensionRequest = (extensions: readonly Bytes[] | undefined): readonly Bytes[] =>
  extensions === undefined ? [] : [attribute(OID.extensionRequest, sequence(...extensions))];

/** A request around any CertificationRequestInfo. */
export const signRequest = async ({ privateKey }: KeyPair, info: Bytes): Promise<Bytes> => {
  const raw = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, info);
  return sequence(info, sequence(oid(OID.ecdsaWithSha256)), bitString(ecdsaToDer(new Uint8Array(raw))));
};
