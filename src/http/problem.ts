import type { Refusal } from "../refusal.ts";

/** How a refusal looks on the wire (the wire contract, section 5; RFC 9457). */
interface WireForm {
  readonly status: 400 | 401 | 403 | 404 | 405 | 406 | 409 | 413 | 415 | 422 | 429 | 500 | 503;
  readonly title: string;
  /** Whether the very same request may succeed later. */
  readonly retryable: boolean;
}

/** Everything that can go wrong for a caller: what we refuse, and a fault of ours about which we say nothing. */
export type Problem = Refusal | { readonly code: "internal"; readonly detail: string };

export const INTERNAL: Problem = {
  code: "internal",
  detail: "something failed on our side; nothing was lost, and a retry is safe",
};

/** What of a problem may be said beside the refusal itself. */
export interface ProblemContext {
  readonly requestId: string;
  /** RFC 3339. A node with a wrong clock learns the time from here. */
  readonly serverTime: string;
}

export const wireForm = (problem: Problem): WireForm => {
  switch (problem.code) {
    case "malformed-request":
      return final(400, "The request is malformed");
    case "malformed-csr":
      return final(400, "The certification request is malformed");
    case "csr-signature-invalid":
      return final(400, "The certification request does not prove possession of its key");
    case "weak-key":
      return final(400, "The key is not acceptable");
    case "key-type-not-allowed":
      return final(400, "The key type is not allowed");
    case "ambiguous-credential":
      return final(400, "More than one credential");
    case "option-invalid":
      return final(400, "An option is invalid");
    case "credential-missing":
      return final(401, "No credential");
    case "credential-invalid":
      return final(401, "The credential is invalid");
    case "credential-expired":
      return final(401, "The credential has expired");
    case "node-not-allowed":
      return final(403, "The node is not allowed");
    case "name-not-allowed":
      return final(403, "A requested name is not allowed");
    case "revoked":
      return final(403, "Revoked");
    case "renewal-refused":
      return final(403, "The renewal is refused");
    case "cluster-unknown":
      return final(404, "No such cluster");
    case "certificate-unknown":
      return final(404, "No such certificate");
    case "route-unknown":
      return final(404, "No such route");
    case "method-not-allowed":
      return final(405, "The method is not allowed");
    case "not-acceptable":
      return final(406, "The form is not available");
    case "credential-bound":
      return final(409, "The credential is bound to another key");
    case "node-held-by-another":
      return final(409, "The node name is held by another");
    case "port-collision":
      return final(409, "The port is held by another node");
    case "body-too-large":
      return final(413, "The body is too large");
    case "media-type-unsupported":
      return final(415, "The media type is not supported");
    case "offset-conflict":
      return final(422, "The port offset contradicts the node");
    case "port-out-of-range":
      return final(422, "A port is out of range");
    case "too-many-requests":
      return later(429, "Too many requests");
    case "internal":
      return later(500, "Internal error");
    case "ca-unavailable":
      return later(503, "The CA is unavailable");
    case "ca-expired":
      return later(503, "The CA has expired");
    case "issuer-unavailable":
      return later(503, "The issuer of the credential is unavailable");
    case "ledger-unavailable":
      return later(503, "The ledger is unavailable");
  }
};

const final = (status: WireForm["status"], title: string): WireForm => ({ status, title, retryable: false });

const later = (status: WireForm["status"], title: string): WireForm => ({ status, title, retryable: true });

/** The problem as a response: JSON, or one line for a caller who asked for plain text. */
export const problemResponse = (problem: Problem, context: ProblemContext, plain: boolean): Response => {
  const form = wireForm(problem);
  const headers = new Headers(problemHeaders(problem));
  headers.set("Content-Type", plain ? "text/plain; charset=utf-8" : "application/problem+json");
  const body = plain
    ? `${problem.code}: ${problem.detail}\n`
    : `${JSON.stringify(problemDocument(problem, form, context))}\n`;
  return new Response(body, { status: form.status, headers });
};

const problemDocument = (problem: Problem, form: WireForm, context: ProblemContext): object => ({
  type: `urn:interlock:problem:${problem.code}`,
  title: form.title,
  status: form.status,
  detail: problem.detail,
  code: problem.code,
  requestId: context.requestId,
  serverTime: context.serverTime,
  retryable: form.retryable,
  ...("field" in problem ? { field: problem.field } : {}),
  ...("checks" in problem ? { checks: problem.checks } : {}),
});

const problemHeaders = (problem: Problem): Record<string, string> => {
  if ("retryAfterSeconds" in problem) return { "Retry-After": String(problem.retryAfterSeconds) };
  if ("allow" in problem) return { Allow: problem.allow.join(", ") };
  // RFC 9110 §11.6.1: a 401 names the schemes that would do.
  return wireForm(problem).status === 401
    ? { "WWW-Authenticate": 'Bearer realm="interlock", Basic realm="interlock"' }
    : {};
};
