import { OID } from "./der/oids.ts";
import type { Bytes } from "./der/reader.ts";
import { booleanTrue, namedBits, nullValue, octetString, oid, sequence } from "./der/writer.ts";
import type { CaSignature } from "./issuing-ca.ts";
import type { KeyType } from "./key.ts";
import { keyFamily, type SignatureAlgorithm } from "./signature-algorithm.ts";

/** The constants of docs/certificate-profile.md, as values and as DER. */

/** Cloud images set their clocks late: a certificate is valid from a little before it is made. */
export const BACKDATE_SECONDS = 300;
/** ub-common-name (RFC 5280 Appendix A.1). */
export const MAX_COMMON_NAME = 64;
/** The shortest lifetime that a cluster may have: a certificate of less would be due before it is spread. */
export const MIN_LIFETIME_SECONDS = 3600;
/** N-4 of the threat model. Definitions are refused where a node would have more (`policy/cluster-rules.ts`). */
export const MAX_NAMES = 16;
/** Room for an RSA-4096 key and sixteen long names, with a signature of RSA-4096 still to come. */
export const MAX_TBS_BYTES = 8 * 1024;

interface CaSignatureProfile {
  readonly algorithm: SignatureAlgorithm;
  /** The AlgorithmIdentifier as DER, the same inside and outside of the TBSCertificate. */
  readonly identifier: Bytes;
  /** Octets of r and of s, where the signature is ECDSA. */
  readonly orderOctets: number | null;
}

/** The CA's key decides (RFC 5758 §3.2, RFC 4055 §5, RFC 8410 §3). */
export const CA_SIGNATURES = {
  "ecdsa-p256-sha256": {
    algorithm: { family: "ec", hash: "SHA-256" },
    identifier: sequence(oid(OID.ecdsaWithSha256)),
    orderOctets: 32,
  },
  "ecdsa-p384-sha384": {
    algorithm: { family: "ec", hash: "SHA-384" },
    identifier: sequence(oid(OID.ecdsaWithSha384)),
    orderOctets: 48,
  },
  "rsa-sha256": {
    algorithm: { family: "rsa", hash: "SHA-256" },
    identifier: sequence(oid(OID.sha256WithRsaEncryption), nullValue()),
    orderOctets: null,
  },
  ed25519: {
    algorithm: { family: "ed25519", hash: "SHA-512" },
    identifier: sequence(oid(OID.ed25519)),
    orderOctets: null,
  },
} satisfies Record<CaSignature, CaSignatureProfile>;

/** One extension (RFC 5280 §4.1): `critical` is DEFAULT FALSE, so it is written only where true. */
export const extension = (id: string, critical: boolean, value: Uint8Array): Bytes =>
  sequence(oid(id), ...(critical ? [booleanTrue()] : []), octetString(value));

/** CA:FALSE is the empty SEQUENCE, because FALSE is the DEFAULT. */
export const BASIC_CONSTRAINTS = extension(OID.basicConstraints, true, sequence());

/** Every node dials and accepts (`erlang.md` §3). */
export const EXT_KEY_USAGE = extension(
  OID.extKeyUsage,
  false,
  sequence(oid(OID.serverAuth), oid(OID.clientAuth)),
);

const DIGITAL_SIGNATURE = 0;
const KEY_ENCIPHERMENT = 2;
const KEY_USAGE_RSA = extension(OID.keyUsage, true, namedBits(DIGITAL_SIGNATURE, KEY_ENCIPHERMENT));
const KEY_USAGE_OTHERS = extension(OID.keyUsage, true, namedBits(DIGITAL_SIGNATURE));

export const keyUsageFor = (type: KeyType): Bytes =>
  keyFamily(type) === "rsa" ? KEY_USAGE_RSA : KEY_USAGE_OTHERS;
