import { fromBase64 } from "../bytes.ts";
import type { SignedData } from "../pki/cms/signed-data.ts";
import { refuse, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";
import { strictJson } from "../strict-json.ts";
import { parseEvidence, type Evidence } from "./evidence.ts";

/** What a caller presented, not yet believed. */
export type Credential =
  | { readonly scheme: "bearer"; readonly token: string }
  /** EST-like clients (RFC 7030 §3.2.3) can only send a user name and a password: the node name and the join token. */
  | { readonly scheme: "basic"; readonly node: string; readonly token: string }
  /** What a cloud instance shows of itself. */
  | { readonly scheme: "evidence"; readonly evidence: Evidence }
  /** A renewal: the body is the CSR, signed by the node's current key. */
  | { readonly scheme: "cms"; readonly proof: SignedData };

/** A join token has 400 characters, a cloud's web token 2,000, an instance identity document of 4 KiB 5,500. Nothing longer is read. */
const MAX_CREDENTIAL_LENGTH = 8192;
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads the Authorization header's value. Refuses an absent (`credential-missing`), doubled or unreadable one. */
export const readCredential = (authorization: string | null): Result<Credential, Refusal> => {
  if (authorization === null || authorization.trim() === "") {
    return refuse({
      code: "credential-missing",
      detail:
        "send a join token (Authorization: Bearer <token>), or the CSR signed with the node's current certificate",
    });
  }
  if (authorization.includes(",")) {
    return refuse({ code: "ambiguous-credential", detail: "send exactly one credential" });
  }
  const [scheme = "", value = "", ...rest] = authorization.trim().split(/ +/);
  if (rest.length > 0 || value === "" || authorization.length > MAX_CREDENTIAL_LENGTH) return unreadable();
  switch (scheme.toLowerCase()) {
    case "bearer":
      return ok({ scheme: "bearer", token: value });
    case "basic":
      return readBasic(value);
    case "aws-iid":
      return ok({ scheme: "evidence", evidence: { method: "aws-iid", pkcs7: value } });
    case "evidence":
      return readEvidence(value);
    default:
      return unreadable();
  }
};

/** The one credential of a request, from its header as it was read, and what its body shows: a renewal's proof or a cloud's evidence. */
export const soleCredential = (
  header: Result<Credential, Refusal>,
  { proof, evidence }: { readonly proof: SignedData | null; readonly evidence: Evidence | null },
): Result<Credential, Refusal> => {
  const shown: readonly Credential[] = [
    ...(proof === null ? [] : [{ scheme: "cms", proof } as const]),
    ...(evidence === null ? [] : [{ scheme: "evidence", evidence } as const]),
  ];
  const [credential, another] = shown;
  if (credential === undefined) return header;
  if (another === undefined && !header.ok && header.error.code === "credential-missing")
    return ok(credential);
  return refuse({
    code: "ambiguous-credential",
    detail: "of an Authorization header, evidence in the body and a renewal's proof, send exactly one",
  });
};

/** Any kind of evidence as base64 of its JSON, for callers whose body is the CSR alone. */
const readEvidence = (value: string): Result<Credential, Refusal> => {
  const bytes = fromBase64(value);
  const json = bytes === null ? null : strictJson(bytes);
  if (json?.ok !== true) return unreadable();
  const evidence = parseEvidence(json.value);
  return evidence.ok ? ok({ scheme: "evidence", evidence: evidence.value }) : evidence;
};

const readBasic = (value: string): Result<Credential, Refusal> => {
  const bytes = fromBase64(value);
  const text = bytes === null ? null : decode(bytes);
  // The last colon: an IPv6 host has colons of its own, a token has none.
  const colon = text?.lastIndexOf(":") ?? -1;
  if (text === null || colon < 1) return unreadable();
  return ok({ scheme: "basic", node: text.slice(0, colon), token: text.slice(colon + 1) });
};

const decode = (bytes: Uint8Array): string | null => {
  try {
    return UTF8.decode(bytes);
  } catch {
    return null;
  }
};

const unreadable = (): Result<never, Refusal> =>
  refuse({ code: "credential-invalid", detail: INVALID_CREDENTIAL });

/** What strangers hear: one sentence for every credential whose signature does not hold. */
export const INVALID_CREDENTIAL = "the credential is not valid for this cluster";
