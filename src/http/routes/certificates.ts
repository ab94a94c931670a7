import type { Context } from "hono";
import * as z from "zod/mini";
import { lazy } from "../../lazy.ts";
import type { LedgerEntry, LedgerEvent } from "../../ledger/ledger.ts";
import type { ClusterDefinition } from "../../policy/definition.ts";
import type { Refusal } from "../../refusal.ts";
import { sendProblem, type HttpEnv } from "../context.ts";
import { formatTime, formatTimeOrNull } from "../../time.ts";
import { DEFAULT_PAGE, pageLimit, parsePageQuery } from "../page-query.ts";

const querySchema = lazy(() =>
  z.strictObject({
    node: z.optional(z.string()),
    state: z.optional(z.enum(["reserved", "valid", "expired", "revoked"])),
    expiresBefore: z.optional(
      z.pipe(
        z.iso.datetime(),
        z.transform((text) => Math.ceil(Date.parse(text) / 1000)),
      ),
    ),
    limit: z.optional(pageLimit),
    cursor: z.optional(z.string().check(z.regex(/^[1-9][0-9]{0,14}$/))),
  }),
);

const FILTERS =
  "the filters are node, state, expiresBefore (RFC 3339), limit (1 to 1000) and cursor (the next of the page before)";

/** `GET …/certificates`: the ledger, newest first, in pages. */
export const listCertificates = async (
  c: Context<HttpEnv>,
  cluster: ClusterDefinition,
): Promise<Response> => {
  const query = parsePageQuery(c.req.url, querySchema(), FILTERS);
  if (!query.ok) return sendProblem(c, query.error);
  const {
    node = null,
    state = null,
    expiresBefore = null,
    limit = DEFAULT_PAGE,
    cursor = null,
  } = query.value;
  const page = await c
    .get("deployment")
    .ledgerOf(cluster.id)
    .list({ now: c.get("now"), node, state, expiresBefore, limit, cursor });
  return c.json({ certificates: page.entries.map(entryMember), next: page.next });
};

export const UNKNOWN_CERTIFICATE: Refusal = {
  code: "certificate-unknown",
  detail: "the ledger of this cluster has no certificate of this serial",
};

/** `GET …/certificates/{serial}`: one certificate and its history. */
export const getCertificate = async (c: Context<HttpEnv>, cluster: ClusterDefinition): Promise<Response> => {
  const found = await c
    .get("deployment")
    .ledgerOf(cluster.id)
    .find(c.req.param("serial") ?? "", c.get("now"));
  if (found === null) return sendProblem(c, UNKNOWN_CERTIFICATE);
  return c.json({ ...entryMember(found.entry), pem: found.chain, events: found.events.map(eventMember) });
};

/** A ledger row as administrators see it (the wire contract, section 6). */
export const entryMember = (entry: LedgerEntry): object => ({
  ...entry,
  notBefore: formatTime(entry.notBefore),
  notAfter: formatTime(entry.notAfter),
  reservedAt: formatTime(entry.reservedAt),
  issuedAt: formatTimeOrNull(entry.issuedAt),
  revokedAt: formatTimeOrNull(entry.revokedAt),
});

const eventMember = (event: LedgerEvent): object => ({ ...event, at: formatTime(event.at) });
