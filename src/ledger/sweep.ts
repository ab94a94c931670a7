import type { Sql } from "./sql.ts";

/** Certificates are remembered this long after their end: long enough for every question after an incident. */
export const RETENTION_SECONDS = 30 * 86_400;
/** Longer than anything that a notice is about can last, so that nothing is told twice. */
const NOTICE_SECONDS = 3 * 365 * 86_400;
export const SWEEP_INTERVAL_SECONDS = 86_400;

/** Forgets what no decision can need any more. Must run inside a transaction. Events stay: they are the history. */
export const sweep = (sql: Sql, now: number): void => {
  // What an identity lost by revocation it must not get back by waiting; a key of its own is barred or of no more use.
  sql.exec(
    "DELETE FROM certificate WHERE not_after < ? AND (revoked_at IS NULL OR holder LIKE 'key:%')",
    now - RETENTION_SECONDS,
  );
  sql.exec("DELETE FROM crl WHERE next_update < ?", now - RETENTION_SECONDS);
  sql.exec("DELETE FROM crl_part WHERE NOT EXISTS (SELECT 1 FROM crl WHERE crl.issuer = crl_part.issuer)");
  sql.exec("DELETE FROM notice WHERE told_at < ?", now - NOTICE_SECONDS);
  sql.exec("DELETE FROM ack WHERE NOT EXISTS (SELECT 1 FROM certificate WHERE certificate.node = ack.node)");
  sql.exec("DELETE FROM lease WHERE until < ?", now);
  sql.exec("DELETE FROM listener WHERE until < ?", now);
  // A credential outlives its own end while a certificate that it got can still be replayed.
  sql.exec(
    "DELETE FROM credential WHERE expires_at < ? AND NOT EXISTS (SELECT 1 FROM certificate WHERE certificate.credential = credential.id AND not_after >= ?)",
    now - RETENTION_SECONDS,
    now,
  );
  sql.exec(
    "DELETE FROM binding WHERE NOT EXISTS (SELECT 1 FROM credential WHERE credential.id = binding.credential)",
  );
};
