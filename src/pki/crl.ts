import { fromHex, joinBytes } from "../bytes.ts";
import { signAs } from "./ca-signature.ts";
import { OID } from "./der/oids.ts";
import type { Bytes } from "./der/reader.ts";
import { enumerated, explicit, implicit, integer, sequence, smallInteger, time } from "./der/writer.ts";
import type { IssuingCa } from "./issuing-ca.ts";
import { CA_SIGNATURES, extension } from "./profile.ts";
import { REVOCATION_REASONS, type RevocationReason } from "./revocation-reason.ts";

export interface RevokedCertificate {
  /** Lower-case hex. */
  readonly serial: string;
  /** Epoch seconds. */
  readonly revokedAt: number;
  readonly reason: RevocationReason;
}

/** What a CRL says, before it is signed. Times are epoch seconds. */
export interface CrlContent {
  /** Above every number before it (RFC 5280 §5.2.3). */
  readonly number: number;
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly revoked: readonly RevokedCertificate[];
}

/** A complete CRL of the issuing CA, version 2, as DER (RFC 5280 §5). */
export const signCrl = (content: CrlContent, ca: IssuingCa): Promise<Bytes> =>
  signAs(ca, writeTbsCertList(content, ca));

const V2 = smallInteger(1);

const writeTbsCertList = ({ number, thisUpdate, nextUpdate, revoked }: CrlContent, ca: IssuingCa): Bytes =>
  sequence(
    V2,
    CA_SIGNATURES[ca.signature].identifier,
    ca.subject,
    time(thisUpdate),
    time(nextUpdate),
    // An empty list must be absent (§5.1.2.6).
    ...(revoked.length === 0 ? [] : [sequence(joinBytes(revoked.map(entry)))]),
    explicit(
      0,
      sequence(
        extension(OID.authorityKeyIdentifier, false, sequence(implicit(0, ca.keyIdentifier))),
        extension(OID.cRLNumber, false, smallInteger(number)),
      ),
    ),
  );

const entry = ({ serial, revokedAt, reason }: RevokedCertificate): Bytes =>
  sequence(integer(magnitude(serial)), time(revokedAt), ...REASON_EXTENSIONS[reason]);

const magnitude = (serial: string): Uint8Array => {
  const octets = fromHex(serial);
  if (octets === null) throw new Error("a serial of the ledger is not hexadecimal");
  return octets;
};

/** The crlEntryExtensions of each reason; not critical (§5.3.1). */
const reasonExtension = (reason: RevocationReason): readonly Bytes[] => {
  const code = REVOCATION_REASONS[reason];
  return code === null ? [] : [sequence(extension(OID.cRLReasons, false, enumerated(code)))];
};

const REASON_EXTENSIONS = {
  unspecified: reasonExtension("unspecified"),
  keyCompromise: reasonExtension("keyCompromise"),
  affiliationChanged: reasonExtension("affiliationChanged"),
  superseded: reasonExtension("superseded"),
  cessationOfOperation: reasonExtension("cessationOfOperation"),
  privilegeWithdrawn: reasonExtension("privilegeWithdrawn"),
} satisfies Record<RevocationReason, readonly Bytes[]>;
