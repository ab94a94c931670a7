/**
 * The reasons of RFC 5280 §5.3.1 that a node's certificate can be revoked for, with their codes. The others are not offered: a hold and
 * its removal would need a way back, and the compromise of a CA or an attribute authority is no leaf's.
 * `unspecified` has no code because the extension should then be absent.
 */
export const REVOCATION_REASONS = {
  unspecified: null,
  keyCompromise: 1,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  privilegeWithdrawn: 9,
} as const satisfies Record<string, number | null>;

export type RevocationReason = keyof typeof REVOCATION_REASONS;

export const isRevocationReason = (text: string): text is RevocationReason =>
  Object.hasOwn(REVOCATION_REASONS, text);
