import { isAfterExpiry, type Principal } from "./auth/principal.ts";
import type { CaSnapshot } from "./custody/snapshot.ts";
import type { Grant } from "./policy/grant.ts";
import type { Warning } from "./render/renderer.ts";

/** What a caller should know of its certificate, beside what the renderer says of its files. */
export const caWarnings = (
  granted: Grant,
  fitted: Grant,
  { ca }: CaSnapshot,
  now: number,
): readonly Warning[] => [
  // Said before the default lifetime is refused (docs/adr/0007-refused-not-cut.md).
  ...(ca.notAfter - now > granted.cluster.certificate.maxLifetime ? [] : [CA_ENDS_SOON]),
  ...(fitted.names.length === granted.names.length ? [] : [BARE_NAME_LEFT_OUT]),
];

const CA_ENDS_SOON: Warning = {
  code: "ca-ends-soon",
  detail: "the issuing CA ends before the longest lifetime of this cluster would; replace it",
};

const BARE_NAME_LEFT_OUT: Warning = {
  code: "bare-name-left-out",
  detail:
    "the CA's name constraints exclude the bare host name, so stream queues get no replica on this node from OTP 26 on",
};

export const renewalWarnings = ({ binding }: Principal): readonly Warning[] =>
  isAfterExpiry(binding) ? [RENEWED_AFTER_EXPIRY] : [];

const RENEWED_AFTER_EXPIRY: Warning = {
  code: "renewed-after-expiry",
  detail:
    "the certificate that asked had expired: this renewal counts against the cluster's graceUses, so find out why it came late",
};
