import type { Context } from "hono";
import type { StoredCrl } from "../../ledger/revocation.ts";
import type { Refusal } from "../../refusal.ts";
import type { Result } from "../../result.ts";
import { clusterCrl, crlFileName, crlPem } from "../../revocation-list.ts";
import { clusterOf, sendProblem, type HttpEnv } from "../context.ts";
import { unlessCurrent } from "../etag.ts";

/** A cache may keep a CRL for so long, and never past its end: a revocation should be seen soon. */
const MAX_AGE_SECONDS = 300;

/** `GET /v1/clusters/{cluster}/crl`: the CRL as DER (RFC 5280 §4.2.1.13), or as PEM with `?format=pem`. */
export const getCrl = async (c: Context<HttpEnv>): Promise<Response> => {
  const format = c.req.query("format") ?? "der";
  if (format !== "der" && format !== "pem") {
    return sendProblem(c, { code: "not-acceptable", field: "format", detail: "the formats are der and pem" });
  }
  const crl = await findCrl(c);
  if (!crl.ok) return sendProblem(c, crl.error);
  return format === "der"
    ? sendCrl(c, crl.value, crl.value.der, { "Content-Type": "application/pkix-crl" })
    : sendCrl(c, crl.value, crlPem(crl.value), { "Content-Type": "application/x-pem-file" });
};

/** `GET …/crl.r0`: the file that Erlang and OpenSSL look for in a folder of CRLs, under the name that they look for. */
export const getCrlFile = async (c: Context<HttpEnv>): Promise<Response> => {
  const crl = await findCrl(c);
  if (!crl.ok) return sendProblem(c, crl.error);
  return sendCrl(c, crl.value, crlPem(crl.value), {
    "Content-Type": "application/x-pem-file",
    "Content-Disposition": `attachment; filename="${crlFileName(crl.value.issuer)}"`,
  });
};

const findCrl = async (c: Context<HttpEnv>): Promise<Result<StoredCrl, Refusal>> => {
  const cluster = clusterOf(c);
  if (!cluster.ok) return cluster;
  const { custody, ledgerOf } = c.get("deployment");
  return clusterCrl(cluster.value, { custody, ledger: ledgerOf(cluster.value.id), now: c.get("now") });
};

const sendCrl = (
  c: Context<HttpEnv>,
  { nextUpdate }: StoredCrl,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>>,
): Promise<Response> => {
  const maxAge = Math.max(0, Math.min(MAX_AGE_SECONDS, nextUpdate - c.get("now")));
  return unlessCurrent(c, body, { "Cache-Control": `public, max-age=${String(maxAge)}` }, headers);
};
