import { concatBytes } from "../bytes.ts";
import { isRevocationReason } from "../pki/revocation-reason.ts";
import { raiseCounter, readCounter } from "./meta.ts";
import type {
  CrlIssuer,
  CrlOutcome,
  CrlPlan,
  CrlRequest,
  RecordCrlRequest,
  StoredCrl,
} from "./revocation.ts";
import { blob, firstRow, integer, text, type Row, type Sql } from "./sql.ts";

/** How long peers may use a CRL at least, and how long an entry outlives its certificate. */
export const CRL_LIFETIME_SECONDS = 7 * 86_400;
/** A CRL that says all there is to say is still replaced daily. */
export const CRL_REFRESH_SECONDS = 86_400;
/** Below the 2 MB that one value of a Durable Object's SQLite may have. */
const PART_BYTES = 1024 * 1024;

/**
 * The stored CRL while it is fresh and says everything, otherwise the plan of the next. Must run inside a transaction. Numbers rise
 * strictly and `thisUpdate` never falls, whatever the clock does (RFC 5280 §5.2.3).
 */
export const crlOrPlan = (sql: Sql, request: CrlRequest): CrlOutcome => {
  const row = firstRow(sql, "SELECT * FROM crl WHERE issuer = ?", issuerText(request.issuer));
  const revocations = readCounter(sql, "revocations");
  if (row !== null && integer(row, "revocations") === revocations && isFresh(row, request.now))
    return { kind: "current", crl: readCrl(sql, row) };
  const thisUpdate = Math.max(request.now, row === null ? 0 : integer(row, "this_update"));
  const plan: CrlPlan = {
    number: nextNumber(sql, request.now),
    thisUpdate,
    nextUpdate: Math.min(thisUpdate + request.lifetime, request.notAfter),
    revoked: revokedBy(sql, request),
    revocations,
  };
  return { kind: "due", plan };
};

/** Keeps a signed CRL unless a newer one is there, and answers the one that is kept. Must run inside a transaction. */
export const recordCrl = (sql: Sql, { crl, revocations }: RecordCrlRequest): StoredCrl => {
  const issuer = issuerText(crl.issuer);
  const row = firstRow(sql, "SELECT * FROM crl WHERE issuer = ?", issuer);
  if (row !== null && integer(row, "number") >= crl.number) return readCrl(sql, row);
  sql.exec(
    "INSERT OR REPLACE INTO crl (issuer, number, this_update, next_update, revocations) VALUES (?, ?, ?, ?, ?)",
    issuer,
    crl.number,
    crl.thisUpdate,
    crl.nextUpdate,
    revocations,
  );
  sql.exec("DELETE FROM crl_part WHERE issuer = ?", issuer);
  for (let at = 0; at < crl.der.length; at += PART_BYTES) {
    const part = crl.der.slice(at, at + PART_BYTES).buffer;
    sql.exec("INSERT INTO crl_part (issuer, at, der) VALUES (?, ?, ?)", issuer, at, part);
  }
  return crl;
};

/** Every CRL that peers may still use, the newest first: those of earlier issuers too, whose certificates live on. */
export const liveCrls = (sql: Sql, now: number): readonly StoredCrl[] =>
  sql
    .exec("SELECT * FROM crl WHERE next_update > ? ORDER BY number DESC", now)
    .toArray()
    .map((row) => readCrl(sql, row));

const isFresh = (row: Row, now: number): boolean =>
  now < integer(row, "this_update") + CRL_REFRESH_SECONDS && now < integer(row, "next_update");

/** At least the time, so that a ledger that was lost and begun anew does not number from 1 again. */
const nextNumber = (sql: Sql, now: number): number => {
  const number = Math.max(readCounter(sql, "crl_number") + 1, now);
  raiseCounter(sql, "crl_number", number);
  return number;
};

/**
 * An entry stays until a CRL was issued after the certificate's end (RFC 5280 §3.3; CVE-2021-29653): a week longer. Plans
 * are listed too: what was planned may have been signed.
 */
const revokedBy = (sql: Sql, { issuer, now }: CrlRequest): CrlPlan["revoked"] =>
  sql
    .exec(
      `SELECT serial, revoked_at, reason FROM certificate JOIN generation ON generation.number = certificate.generation
       WHERE revoked_at IS NOT NULL AND not_after >= ? AND issuer = ? ORDER BY id`,
      now - CRL_LIFETIME_SECONDS,
      issuerText(issuer),
    )
    .toArray()
    .map((row) => ({
      serial: text(row, "serial"),
      revokedAt: integer(row, "revoked_at"),
      reason: readReason(row),
    }));

const readReason = (row: Row): CrlPlan["revoked"][number]["reason"] => {
  const reason = text(row, "reason");
  if (!isRevocationReason(reason)) throw new TypeError("the ledger has a reason that is not known here");
  return reason;
};

/** How `generation` and `crl` name an issuer: the hash of its name, a colon, its key's digest. */
export const issuerText = ({ nameHash, spkiSha256 }: CrlIssuer): string => `${nameHash}:${spkiSha256}`;

const readCrl = (sql: Sql, row: Row): StoredCrl => {
  const issuer = text(row, "issuer");
  const [nameHash = "", spkiSha256 = ""] = issuer.split(":");
  const parts = sql.exec("SELECT der FROM crl_part WHERE issuer = ? ORDER BY at", issuer).toArray();
  return {
    issuer: { nameHash, spkiSha256 },
    number: integer(row, "number"),
    thisUpdate: integer(row, "this_update"),
    nextUpdate: integer(row, "next_update"),
    der: concatBytes(...parts.map((part) => blob(part, "der"))),
  };
};
