import { sha256Hex, toHex } from "../bytes.ts";
import { acceptPublicKey } from "../pki/key-policy.ts";
import type { Certificate } from "../pki/certificate.ts";
import { signerCertificate, verifySignedData, type SignedData } from "../pki/cms/signed-data.ts";
import { refuse, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";
import type { Authenticator } from "./authenticator.ts";
import type { Principal } from "./principal.ts";

/** A proof is made for one call: node clocks and ours may differ by this much, and a retry may take as long. */
export const PROOF_WINDOW_SECONDS = 300;

/** What the ledger recorded of a certificate, as far as it says whose it is. Times are epoch seconds. */
export interface CertificateRecord {
  readonly node: string;
  /** Lower-case hex SHA-256 of the certificate; `null` while it is only planned. */
  readonly sha256: string | null;
  readonly spkiSha256: string;
  readonly notAfter: number;
  readonly revokedAt: number | null;
}

/** Looks a serial (lower-case hex, as the ledger writes it) up in the ledger of one cluster. */
export type FindRecord = (cluster: string, serial: string) => Promise<CertificateRecord | null>;

/**
 * Renewal: the CSR inside of a CMS message that the node's current key has signed. The signature says that the key is there; who the
 * key is, the ledger says: its record must be of this very certificate, byte for byte, so a certificate that merely looks like
 * one of ours, or chains to us, is nobody's.
 *
 * The signature comes first; then one row is read, and nothing is written. Whether an expired certificate may renew is policy
 * (`policy/renewal.ts`), and revocation is asked again in the transaction that reserves.
 */
export const possession = (findRecord: FindRecord): Authenticator => ({
  authenticate: async (credential, { cluster, now }) => {
    if (credential.scheme !== "cms") return null;
    const { proof } = credential;
    const certificate = await provenCertificate(proof);
    if (!certificate.ok) return certificate;
    if (Math.abs(proof.signer.attributes.signingTime - now) > PROOF_WINDOW_SECONDS) return refuse(NOT_NOW);
    const serial = ledgerSerial(certificate.value);
    const record = await findRecord(cluster.id, serial);
    if (record === null || record.sha256 !== (await sha256Hex(certificate.value.der))) return refuse(UNKNOWN);
    if (record.revokedAt !== null) return refuse(REVOKED);
    return ok(await principalOf(serial, record, proof, now));
  },
});

/** The one certificate of the message, whose key has signed it. */
const provenCertificate = async (proof: SignedData): Promise<Result<Certificate, Refusal>> => {
  if (proof.certificates.length !== 1) return invalid("it must hold its signer's certificate and no other");
  const certificate = signerCertificate(proof);
  if (!certificate.ok) return invalid(certificate.error);
  const key = acceptPublicKey(certificate.value.tbs.spki);
  if (!key.ok) return invalid("the key of its signer's certificate is not one that Interlock issues for");
  const verified = await verifySignedData(proof, key.value);
  return verified.ok ? certificate : invalid(verified.error);
};

const principalOf = async (
  serial: string,
  record: CertificateRecord,
  { signer }: SignedData,
  now: number,
): Promise<Principal> => ({
  kind: "possession",
  id: `cert:${serial}`,
  nodes: { exact: record.node },
  subject: null,
  binding: {
    kind: "possession",
    serial,
    spkiSha256: record.spkiSha256,
    proofSha256: await sha256Hex(signer.attributes.signed),
    lapsedSeconds: Math.max(0, now - record.notAfter),
  },
  uses: 1,
  expiresAt: record.notAfter,
  expired: false,
  pin: null,
});

/** The ledger writes 17 octets; the INTEGER has a sign octet before them where the first bit is set. */
const ledgerSerial = ({ tbs: { serial } }: Certificate): string =>
  toHex(serial[0] === 0 ? serial.subarray(1) : serial);

const invalid = (defect: string): Result<never, Refusal> =>
  refuse({ code: "credential-invalid", detail: `the CMS message does not prove a certificate: ${defect}` });

const NOT_NOW: Refusal = {
  code: "credential-invalid",
  detail:
    "the CMS message was signed more than five minutes from now: compare the node's clock with serverTime, and sign again",
};

const UNKNOWN: Refusal = {
  code: "renewal-refused",
  detail:
    "this certificate is not in the ledger of this cluster: renew with the one that this cluster issued last, or use a join token",
};

export const REVOKED: Refusal = {
  code: "revoked",
  detail: "this certificate was revoked and cannot renew: ask the administrator for a join token",
};
