import { readAtMost } from "../read-stream.ts";
import { refuse, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";

/** A CSR with an RSA-4096 key and 16 names has 3 KiB; a JSON body around it 5 KiB. */
export const MAX_BODY_BYTES = 32 * 1024;

/** Media types of browsers' forms and of other protocols: no caller of ours sends them, an attacker's page might. */
const FOREIGN_TYPES = ["multipart/", "application/xml", "text/xml", "text/html"];

/**
 * Reads the body once, at most {@link MAX_BODY_BYTES}, counting while it streams: Content-Length is only a claim
 * (CVE-2026-44456). A body that is larger is not read further.
 */
export const readBody = async (request: Request): Promise<Result<Uint8Array<ArrayBuffer>, Refusal>> => {
  if (Number(request.headers.get("Content-Length") ?? 0) > MAX_BODY_BYTES) return tooLarge();
  const encoding = request.headers.get("Content-Encoding") ?? "identity";
  if (encoding.toLowerCase() !== "identity") return unsupported("send the body without a Content-Encoding");
  const sent = mediaType(request);
  if (FOREIGN_TYPES.some((type) => sent.startsWith(type))) {
    return unsupported("send the CSR as PEM or DER, or a JSON document");
  }
  const bytes = await readAtMost(request.body, MAX_BODY_BYTES).catch(cutShort);
  if (bytes === null) return tooLarge();
  return bytes instanceof Uint8Array ? ok(bytes) : bytes;
};

/**
 * A JSON body may come with a JSON type, with none (Terraform), or with curl's default. It may not come as text/plain,
 * which a foreign web page can send without asking the browser first (CORS-safelisted).
 */
export const mayHoldJson = (request: Request): boolean => mediaType(request) !== "text/plain";

export const notJson = (): Result<never, Refusal> => unsupported("send a JSON document as application/json");

const mediaType = (request: Request): string =>
  (request.headers.get("Content-Type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";

/** The caller hung up: nobody hears this, but the log must not call it a fault of ours. */
const cutShort = (): Result<never, Refusal> =>
  refuse({ code: "malformed-request", detail: "the body ended before its end" });

const tooLarge = (): Result<never, Refusal> =>
  refuse({ code: "body-too-large", detail: `the body may have at most ${String(MAX_BODY_BYTES)} bytes` });

const unsupported = (detail: string): Result<never, Refusal> =>
  refuse({ code: "media-type-unsupported", detail });
