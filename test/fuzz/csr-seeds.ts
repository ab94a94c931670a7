import { createPrivateKey, type KeyObject } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { concatBytes, toHex } from "../../src/bytes.ts";
import { readCsr } from "../../src/pki/csr-envelope.ts";
import type { CsrExpectation } from "../../src/pki/csr.ts";
import { OID } from "../../src/pki/der/oids.ts";
import type { Bytes } from "../../src/pki/der/reader.ts";
import {
  element,
  explicit,
  namedBits,
  octetString,
  oid,
  sequence,
  smallInteger,
  utf8String,
} from "../../src/pki/der/writer.ts";
import { KEY_TYPES } from "../../src/pki/key.ts";
import { csrEntries, expectationFor, readCsrFile } from "../pki/support/corpus.ts";
import { attribute, commonName, dnsNames, HOST, requestedExtension } from "../pki/support/request.ts";
import { sharedDir } from "../support/shared.ts";
import { encodeNodes, parseNodes, type DerNode } from "./der-tree.ts";
import type { Seed } from "./mutations.ts";
import { makeEcKey, makeEd25519Key, makeRsaKey, signatureOver, spkiOf } from "./signing-key.ts";

/** A request, and what its sender may have. */
export interface CsrSeed extends Seed {
  readonly expected: CsrExpectation;
}

/** One that can be signed again after it was changed. */
export interface SignableSeed extends CsrSeed {
  /** The CertificationRequestInfo. */
  readonly info: DerNode;
  readonly key: KeyObject;
  /** A hostile one of the corpus, with a key of ours. */
  readonly rekeyed: boolean;
}

export interface CsrSeeds {
  readonly all: readonly CsrSeed[];
  readonly signable: readonly SignableSeed[];
  /** Hexadecimal SubjectPublicKeyInfos for which somebody here ever made a signature. */
  readonly signers: ReadonlySet<string>;
}

/** The corpus where it is there, requests of our own with every kind of key and wish, and the corpus' requests with a key of ours. */
export const makeCsrSeeds = (): CsrSeeds => {
  const corpus = csrEntries.map((entry) => seedOf(entry.id, readCsrFile(entry), expectationFor(entry)));
  const keys = [...corpusKeys(), ...ownKeys()];
  const generated = keys.flatMap(requestsBy);
  const all = [...corpus, ...generated];
  const signable = [...all.flatMap((seed) => withItsKey(seed, keys)), ...corpus.flatMap(rekeyedSeed)];
  return { all, signable, signers: new Set([...all, ...signable].flatMap(spkiIn)) };
};

const seedOf = (id: string, body: Bytes, expected: CsrExpectation): CsrSeed => {
  const der = readCsr(body);
  return { id, body, expected, nodes: der.ok ? parseNodes(der.value) : null };
};

const corpusKeys = (): readonly KeyObject[] => {
  if (sharedDir === null) return [];
  const folder = join(sharedDir, "data/csr/keys");
  return readdirSync(folder).map((name) => createPrivateKey(readFileSync(join(folder, name))));
};

const OWN_P256 = makeEcKey("P-256");

const ownKeys = (): readonly KeyObject[] => [
  OWN_P256,
  makeEcKey("P-384"),
  makeEcKey("P-521"),
  makeEd25519Key(),
  makeRsaKey(),
];

const EXPECTED: CsrExpectation = {
  host: HOST,
  names: [
    { type: "dns", value: HOST },
    { type: "dns", value: "node-01" },
    { type: "ip", value: "10.20.0.11" },
  ],
  keys: new Set(KEY_TYPES),
  blockedKeys: new Set(),
  caSpkiSha256: "00",
};

/** The plainest request, and one with everything that the profile lets pass. */
const requestsBy = (key: KeyObject, n: number): readonly CsrSeed[] =>
  [[], wishes(key)].map((attributes, i) => {
    const info = sequence(smallInteger(0), commonName(HOST), spkiOf(key), explicit(0, ...attributes));
    return seedOf(`own-${n}-${i}`, sequence(info, ...signatureOver(key, "sha256", info)), EXPECTED);
  });

const wishes = (key: KeyObject): readonly Bytes[] => [
  attribute(OID.challengePassword, utf8String("secret")),
  attribute(OID.unstructuredName, element(0x16, Uint8Array.of(0x6e))),
  attribute(
    OID.extensionRequest,
    sequence(
      requestedExtension(OID.basicConstraints, sequence(), true),
      requestedExtension(OID.keyUsage, namedBits(0, ...(key.asymmetricKeyType === "rsa" ? [2] : [])), true),
      requestedExtension(OID.extKeyUsage, sequence(oid(OID.serverAuth), oid(OID.clientAuth))),
      requestedExtension(OID.subjectKeyIdentifier, octetString(Uint8Array.of(1, 2, 3, 4))),
      dnsNames(HOST, "node-01"),
    ),
  ),
];

const withItsKey = (seed: CsrSeed, keys: readonly KeyObject[]): readonly SignableSeed[] => {
  const info = infoOf(seed);
  const spki = info?.children?.[2];
  if (info === null || spki === undefined) return [];
  const own = toHex(encodeNodes([spki]));
  const key = keys.find((candidate) => toHex(spkiOf(candidate)) === own);
  return key === undefined ? [] : [{ ...seed, info, key, rekeyed: false }];
};

/** What a request asks for, asked for by a key that is ours to sign with. */
const rekeyedSeed = (seed: CsrSeed): readonly SignableSeed[] => {
  const info = infoOf(seed);
  const [version, subject, spki, ...rest] = info?.children ?? [];
  const [own] = parseNodes(spkiOf(OWN_P256)) ?? [];
  if (info === null || !version || !subject || !spki || !own) return [];
  const changed = { ...info, children: [version, subject, own, ...rest] };
  const bytes = encodeNodes([changed]);
  const body = sequence(concatBytes(bytes, ...signatureOver(OWN_P256, "sha256", bytes)));
  return [
    { ...seedOf(`${seed.id}, rekeyed`, body, seed.expected), info: changed, key: OWN_P256, rekeyed: true },
  ];
};

/** Of a request that is small enough to be taken apart a thousand times a second. */
const infoOf = ({ nodes, body }: CsrSeed): DerNode | null =>
  body.length > MAX_STRUCTURED ? null : (nodes?.[0]?.children?.[0] ?? null);

const MAX_STRUCTURED = 4096;

const spkiIn = ({ nodes }: CsrSeed): readonly string[] => {
  const spki = nodes?.[0]?.children?.[0]?.children?.[2];
  return spki === undefined ? [] : [toHex(encodeNodes([spki]))];
};
