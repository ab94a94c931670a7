import type { CertificateState, IssuedCertificate, LedgerEntry } from "./ledger.ts";
import { integer, integerOrNull, text, textList, textOrNull, type Row } from "./sql.ts";

/** The state that an administrator sees. Revoked outlives expiry: it is why the certificate ended. */
const stateOf = (row: Row, now: number): CertificateState => {
  if (row["revoked_at"] !== null) return "revoked";
  if (row["issued_at"] === null) return "reserved";
  return integer(row, "not_after") < now ? "expired" : "valid";
};

/** A part of a WHERE clause, with what its `?` stand for. */
export interface Condition {
  readonly sql: string;
  readonly bindings: readonly (string | number)[];
}

/** Selects the rows of one state. Agrees with `stateOf`, which a test shows. */
export const stateCondition = (state: CertificateState, now: number): Condition => {
  const sql = STATE_CONDITION[state];
  return { sql, bindings: sql.includes("?") ? [now] : [] };
};

const STATE_CONDITION = {
  revoked: "revoked_at IS NOT NULL",
  reserved: "revoked_at IS NULL AND issued_at IS NULL",
  expired: "revoked_at IS NULL AND issued_at IS NOT NULL AND not_after < ?",
  valid: "revoked_at IS NULL AND issued_at IS NOT NULL AND not_after >= ?",
} as const satisfies Record<CertificateState, string>;

/** What {@link readEntry} reads: no bytes of a certificate, which are most of its row. */
export const ENTRY_COLUMNS =
  "serial, node, not_before, not_after, sha256, spki_sha256, credential_kind, credential, generation, reserved_at, issued_at, revoked_at, reason";

export const readEntry = (row: Row, now: number): LedgerEntry => ({
  serial: text(row, "serial"),
  node: text(row, "node"),
  state: stateOf(row, now),
  notBefore: integer(row, "not_before"),
  notAfter: integer(row, "not_after"),
  sha256: textOrNull(row, "sha256"),
  spkiSha256: text(row, "spki_sha256"),
  credential: { kind: text(row, "credential_kind"), id: text(row, "credential") },
  caGeneration: integer(row, "generation"),
  reservedAt: integer(row, "reserved_at"),
  issuedAt: integerOrNull(row, "issued_at"),
  revokedAt: integerOrNull(row, "revoked_at"),
  reason: textOrNull(row, "reason"),
});

/** A completed row. Throws where it was never completed. */
export const readIssued = (row: Row): IssuedCertificate => ({
  serial: text(row, "serial"),
  notBefore: integer(row, "not_before"),
  notAfter: integer(row, "not_after"),
  renewAfter: integer(row, "renew_after"),
  sha256: text(row, "sha256"),
  chain: text(row, "chain"),
  names: readNames(row),
});

export const readNames = (row: Row): readonly string[] => textList(row, "names");
