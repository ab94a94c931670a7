import { equalBytes } from "../bytes.ts";
import { ok, type Result } from "../result.ts";
import { Fields } from "./der/fields.ts";
import { decode, DerError, withDer, type Bytes, type DerElement } from "./der/reader.ts";
import { contextConstructed, TAG } from "./der/tags.ts";
import { time } from "./der/time.ts";
import { bitStringOctets, smallInteger } from "./der/values.ts";
import { readExtensions, type Extension } from "./extensions.ts";
import type { AcceptedKey } from "./key-policy.ts";
import { readSignatureAlgorithm, type SignatureAlgorithm } from "./signature-algorithm.ts";
import { verifySignature } from "./verify-signature.ts";

/** The to-be-signed part of a certificate (RFC 5280 §4.1.2). Names, keys and algorithms stay the bytes that they are. */
export interface TbsCertificate {
  readonly raw: Bytes;
  /** As people say it: 3 for v3. */
  readonly version: number;
  /** The content octets of the INTEGER, sign included. */
  readonly serial: Bytes;
  readonly signatureIdentifier: Bytes;
  readonly issuer: Bytes;
  /** Epoch seconds, both inclusive. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly subject: Bytes;
  readonly spki: Bytes;
  readonly extensions: readonly Extension[];
}

export interface Certificate {
  readonly der: Bytes;
  readonly tbs: TbsCertificate;
  readonly signatureIdentifier: Bytes;
  /** `null`: an algorithm that Interlock does not verify. */
  readonly algorithm: SignatureAlgorithm | null;
  readonly signature: Bytes;
}

/** What is wrong with a certificate: a clause of our own words. */
export type CertificateDefect = string;

/** Reads one strict DER certificate. Says nothing about whether to trust it. */
export const readCertificate = (der: Bytes): Result<Certificate, CertificateDefect> =>
  withDer(sayDefect, () => {
    const fields = new Fields(decode(der), TAG.sequence);
    const tbs = tbsOf(fields.take(TAG.sequence));
    const identifier = fields.take(TAG.sequence);
    const signature = bitStringOctets(fields.take(TAG.bitString));
    fields.end();
    // RFC 5280 §4.1.1.2. The one inside is signed and the one outside is used: OpenSSL and Go refuse two that differ.
    if (!equalBytes(identifier.raw, tbs.signatureIdentifier))
      throw new DerError("its two signature algorithms differ");
    const algorithm = readSignatureAlgorithm(identifier);
    return ok({ der, tbs, signatureIdentifier: identifier.raw, algorithm, signature });
  });

/** Reads a TBSCertificate that is on its own, before it is signed. */
export const readTbs = (bytes: Bytes): Result<TbsCertificate, CertificateDefect> =>
  withDer(sayDefect, () => ok(tbsOf(decode(bytes))));

/** Whether this key made the certificate's signature, over the bytes as they are. */
export const verifySignedBy = async (
  { tbs, algorithm, signature }: Certificate,
  key: AcceptedKey,
): Promise<boolean> => algorithm !== null && verifySignature(key, algorithm, tbs.raw, signature);

/** The value of an extension through its reader, or `null` where it is absent. Throws what the reader throws. */
export const extensionValue = <T>(
  { extensions }: TbsCertificate,
  id: string,
  read: (value: Bytes) => T,
): T | null => {
  const extension = extensions.find((candidate) => candidate.id === id);
  return extension === undefined ? null : read(extension.value);
};

/** Unique identifiers, `[1]` and `[2]`, are refused by not being known: conforming CAs do not write them (§4.1.2.8). */
const tbsOf = (root: DerElement): TbsCertificate => {
  const fields = new Fields(root, TAG.sequence);
  const version = readVersion(fields.optional(contextConstructed(0)));
  const serial = fields.take(TAG.integer).content;
  const signatureIdentifier = fields.take(TAG.sequence).raw;
  const issuer = fields.take(TAG.sequence).raw;
  const [notBefore, notAfter] = readValidity(fields.take(TAG.sequence));
  const subject = fields.take(TAG.sequence).raw;
  const spki = fields.take(TAG.sequence).raw;
  const extensions = readTbsExtensions(fields.optional(contextConstructed(3)));
  fields.end();
  return {
    raw: root.raw,
    version,
    serial,
    signatureIdentifier,
    issuer,
    notBefore,
    notAfter,
    subject,
    spki,
    extensions,
  };
};

/** v1 is the DEFAULT, so DER leaves it out. */
const readVersion = (wrapper: DerElement | null): number => {
  if (wrapper === null) return 1;
  const fields = new Fields(wrapper, wrapper.tag);
  const version = smallInteger(fields.take(TAG.integer)) + 1;
  fields.end();
  if (version !== 2 && version !== 3) throw new DerError("its version is not one of v1, v2 and v3");
  return version;
};

const readValidity = (element: DerElement): readonly [notBefore: number, notAfter: number] => {
  const fields = new Fields(element, TAG.sequence);
  const validity = [time(fields.any()), time(fields.any())] as const;
  fields.end();
  return validity;
};

const readTbsExtensions = (wrapper: DerElement | null): readonly Extension[] => {
  if (wrapper === null) return [];
  const fields = new Fields(wrapper, wrapper.tag);
  const extensions = readExtensions(fields.take(TAG.sequence));
  fields.end();
  return extensions;
};

const sayDefect = (defect: string): CertificateDefect => defect;
