import { IS_REFUSAL } from "./events.ts";
import { CURRENT } from "./expiry.ts";
import { firstRow, integer, text, textOrNull, type Row, type Sql } from "./sql.ts";

/** What an operator should hear of, once. */
export const NOTICE_KINDS = ["will-expire", "not-renewed", "credential-bound", "ca-will-expire"] as const;

export type NoticeKind = (typeof NOTICE_KINDS)[number];

export interface Notice {
  /** The same for the same matter and threshold: what the ledger remembers a told notice by. */
  readonly id: string;
  readonly kind: NoticeKind;
  readonly node: string | null;
  readonly serial: string | null;
  /** The credential's name in the ledger, never the credential. */
  readonly credential: string | null;
  /** Epoch seconds: when the certificate, or the CA's, ends. */
  readonly notAfter: number | null;
  /** Seconds before `notAfter`. */
  readonly threshold: number | null;
}

export interface NoticesRequest {
  readonly now: number;
  /** The CA as custody holds it; `null` while it cannot be had. */
  readonly ca: { readonly spkiSha256: string; readonly notAfter: number } | null;
  readonly limit: number;
}

const HOUR = 3600;
const DAY = 24 * HOUR;
/** Tightest first. A certificate's count from when it should have been renewed: before that its end is no news. */
const CERTIFICATE_THRESHOLDS = [HOUR, DAY, 7 * DAY];
const CA_THRESHOLDS = [DAY, 7 * DAY, 30 * DAY, 90 * DAY];
/** Who switches notices on does not want to hear of last year's. */
const BOUND_DAYS = 7;

/** What is due now and was not told yet, the most pressing kinds first. */
export const dueNotices = (sql: Sql, { now, ca, limit }: NoticesRequest): readonly Notice[] =>
  [...boundNotices(sql, now), ...caNotices(ca, now), ...overdueNotices(sql, now)]
    .filter(({ id }) => firstRow(sql, "SELECT 1 FROM notice WHERE id = ?", id) === null)
    .slice(0, limit);

/** Remembers what was told. Must run inside a transaction. */
export const recordNotices = (sql: Sql, now: number, ids: readonly string[]): void => {
  for (const id of ids)
    sql.exec("INSERT INTO notice (id, told_at) VALUES (?, ?) ON CONFLICT DO NOTHING", id, now);
};

const SILENT = { node: null, serial: null, credential: null, notAfter: null, threshold: null };

const boundNotices = (sql: Sql, now: number): readonly Notice[] =>
  sql
    .exec(
      `SELECT DISTINCT actor, node FROM event WHERE kind = 'refused-bound' AND ${IS_REFUSAL} AND at >= ? ORDER BY actor, node`,
      now - BOUND_DAYS * DAY,
    )
    .toArray()
    .map(boundNotice);

const boundNotice = (row: Row): Notice => {
  const [credential, node] = [text(row, "actor"), textOrNull(row, "node")];
  const id = `credential-bound:${credential}:${node ?? ""}`;
  return { ...SILENT, id, kind: "credential-bound", node, credential };
};

const caNotices = (ca: NoticesRequest["ca"], now: number): readonly Notice[] => {
  const threshold = ca === null ? undefined : CA_THRESHOLDS.find((seconds) => now >= ca.notAfter - seconds);
  if (ca === null || threshold === undefined) return [];
  const id = `ca-will-expire:${ca.spkiSha256}:${String(threshold)}`;
  return [{ ...SILENT, id, kind: "ca-will-expire", notAfter: ca.notAfter, threshold }];
};

const overdueNotices = (sql: Sql, now: number): readonly Notice[] =>
  sql
    .exec(
      `SELECT serial, node, not_after, renew_after FROM certificate WHERE ${CURRENT} AND renew_after <= ? ORDER BY not_after`,
      now,
      now,
    )
    .toArray()
    .flatMap((row) => certificateNotices(row, now));

const certificateNotices = (row: Row, now: number): readonly Notice[] => {
  const [notAfter, renewAfter] = [integer(row, "not_after"), integer(row, "renew_after")];
  const about = { ...SILENT, node: text(row, "node"), serial: text(row, "serial"), notAfter };
  const left = notAfter - renewAfter;
  const threshold = CERTIFICATE_THRESHOLDS.find((seconds) => seconds < left && now >= notAfter - seconds);
  return [
    ...(threshold === undefined
      ? []
      : [
          {
            ...about,
            id: `will-expire:${about.serial}:${String(threshold)}`,
            kind: "will-expire",
            threshold,
          } as const,
        ]),
    // A day late, or a quarter of what is left where that is less.
    ...(now < renewAfter + Math.min(DAY, left / 4)
      ? []
      : [{ ...about, id: `not-renewed:${about.serial}`, kind: "not-renewed" } as const]),
  ];
};
