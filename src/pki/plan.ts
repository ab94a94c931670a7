import type { Refusal } from "../refusal.ts";
import { err, ok, type Result } from "../result.ts";
import { formatTime } from "../time.ts";
import { toHex } from "../bytes.ts";
import { canIssue } from "./can-issue.ts";
import type { GeneralName } from "./general-name.ts";
import type { IssuingCa } from "./issuing-ca.ts";
import type { KeyType, VerifiedKey } from "./key.ts";
import { lintPlan, type LintedTbs } from "./lint.ts";
import { areWithin } from "./name-constraints.ts";
import { BACKDATE_SECONDS } from "./profile.ts";
import { makeSerial } from "./serial.ts";
import { writeTbs } from "./tbs.ts";

/** A certificate that is decided and not yet held against the profile. */
export interface CertificateDraft {
  /** Lower-case hex of 17 octets. */
  readonly serial: string;
  /** Epoch seconds, both inclusive (RFC 5280 §4.1.2.5). */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly names: readonly GeneralName[];
  readonly keyType: KeyType;
  readonly spkiSha256: string;
  /** The TBSCertificate: what will be signed, to the byte. */
  readonly tbs: Uint8Array<ArrayBuffer>;
}

/** A certificate that is decided and not yet signed. The ledger records it before the CA key is used. */
export interface CertificatePlan extends CertificateDraft {
  readonly linted: LintedTbs;
}

/** What a certificate is made from: everything but the CSR, of which the key alone has survived. */
export interface CertificateOrder {
  /** The subjectAltName in its order, the host first. */
  readonly names: readonly GeneralName[];
  /** The host part of the node name. */
  readonly host: string;
  /** Seconds from notBefore to notAfter, both included. The backdating is part of it, never an addition. */
  readonly lifetime: number;
  readonly key: VerifiedKey;
  readonly ca: IssuingCa;
  /** Epoch seconds. */
  readonly now: number;
  readonly random: (length: number) => Uint8Array;
}

/**
 * Decides a certificate to the byte. Pure but for the serial; nothing is signed or recorded.
 *
 * Refuses with `ca-expired` (the CA is outside its validity or ends within the hour), `option-invalid` (the lifetime reaches
 * beyond the CA's end: refused, never cut) or `name-not-allowed` (outside the chain's name constraints). Throws a
 * `LintFault` rather than answer a plan that breaks the profile.
 */
export const planCertificate = async (order: CertificateOrder): Promise<Result<CertificatePlan, Refusal>> => {
  const refusal = refuseCaValidity(order) ?? refuseLifetime(order) ?? refuseNames(order);
  if (refusal !== null) return err(refusal);
  const serial = makeSerial(order.random);
  const { notBefore, notAfter } = validityOf(order);
  const keyIdentifier = await subjectKeyIdentifier(order.key);
  const draft: CertificateDraft = {
    serial: toHex(serial),
    notBefore,
    notAfter,
    names: order.names,
    keyType: order.key.type,
    spkiSha256: order.key.spkiSha256,
    tbs: writeTbs({ ...order, serial, notBefore, notAfter, keyIdentifier }),
  };
  return ok({ ...draft, linted: await lintPlan(draft, order) });
};

/** RFC 5280 §4.1.2.5: both ends are included, so a lifetime of n seconds ends n - 1 seconds after it begins. */
const validityOf = ({
  now,
  lifetime,
  ca,
}: CertificateOrder): Pick<CertificatePlan, "notBefore" | "notAfter"> => {
  const notBefore = Math.max(now - BACKDATE_SECONDS, ca.notBefore);
  return { notBefore, notAfter: notBefore + lifetime - 1 };
};

const refuseCaValidity = ({ now, ca }: CertificateOrder): Refusal | null =>
  canIssue(ca, now)
    ? null
    : {
        code: "ca-expired",
        detail:
          "the cluster's CA certificate is not valid yet, has ended or ends within the hour: its operators must renew it",
        retryAfterSeconds: 3600,
      };

const refuseLifetime = (order: CertificateOrder): Refusal | null => {
  const { notBefore, notAfter } = validityOf(order);
  if (notAfter <= order.ca.notAfter) return null;
  const hours = Math.floor((order.ca.notAfter - notBefore + 1) / 3600);
  return {
    code: "option-invalid",
    field: "lifetime",
    detail: `the cluster's CA certificate ends at ${formatTime(order.ca.notAfter)}: ask for a lifetime of ${hours}h or less, or have the CA renewed`,
  };
};

const refuseNames = ({ names, ca }: CertificateOrder): Refusal | null =>
  areWithin(names, ca.nameConstraints)
    ? null
    : {
        code: "name-not-allowed",
        detail:
          "a name of this node is outside the name constraints of the cluster's CA: the CA or the cluster's definition must change",
      };

/** RFC 5280 §4.2.1.2, method 1. SHA-1 names the key here and proves nothing. */
const subjectKeyIdentifier = async ({ subjectPublicKey }: VerifiedKey): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-1", subjectPublicKey));
