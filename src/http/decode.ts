import * as z from "zod/mini";
import { soleCredential, type Credential } from "../auth/credential.ts";
import { parseEvidence, type Evidence } from "../auth/evidence.ts";
import { utf8 } from "../bytes.ts";
import type { BundleOptions } from "../bundle-contract.ts";
import { lazy } from "../lazy.ts";
import { readEnvelope, type Envelope } from "../pki/envelope.ts";
import { refuse, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";
import { mayHoldJson, notJson, readBody } from "./body.ts";
import { parseJson } from "./json.ts";
import { parseOptions, queryOptions } from "./options.ts";

/** A bundle call, less what its path says. */
export interface DecodedBundleCall {
  readonly csr: Uint8Array<ArrayBuffer>;
  readonly credential: Credential;
  readonly options: BundleOptions;
}

/**
 * Reads a bundle call, whose credential is in the header (`header`, as it was read) or in the body. The body says by its first byte
 * what it is, `{` for JSON and anything else for a CSR or a renewal; Content-Type is a hint that Terraform does not give and curl
 * gives wrongly (the wire contract, section 2).
 *
 * Who shows no credential hears that first, whatever else is wrong. A CMS message is one, also where it is not acceptable.
 */
export const decodeBundleCall = async (
  request: Request,
  url: URL,
  header: Result<Credential, Refusal>,
): Promise<Result<DecodedBundleCall, Refusal>> => {
  const body = await openBody(request);
  if (!body.ok) return header.ok || body.error.code === "credential-invalid" ? body : header;
  const credential = soleCredential(header, body.value);
  if (!credential.ok) return credential;
  const options = mergeOptions(url, body.value.members);
  if (!options.ok) return options;
  return ok({ csr: body.value.csr, credential: credential.value, options: options.value });
};

/** Reads an administrator's JSON body against its schema. The empty body is the empty object. */
export const decodeJsonBody = async <T>(
  request: Request,
  schema: z.ZodMiniType<T>,
): Promise<Result<T, Refusal>> => {
  const body = await readBody(request);
  if (!body.ok) return body;
  if (!mayHoldJson(request)) return notJson();
  return body.value.length === 0 ? membersOf({}, schema) : parseJsonMembers(body.value, schema);
};

/** Reads one JSON document against its schema. */
export const parseJsonMembers = <T>(bytes: Uint8Array, schema: z.ZodMiniType<T>): Result<T, Refusal> => {
  const json = parseJson(bytes);
  return json.ok ? membersOf(json.value, schema) : json;
};

const membersOf = <T>(json: unknown, schema: z.ZodMiniType<T>): Result<T, Refusal> => {
  const parsed = schema.safeParse(json);
  return parsed.success ? ok(parsed.data) : memberRefusal(parsed.error.issues[0]);
};

type Options = Readonly<Record<string, unknown>>;

/** What a body holds: the envelope, what a cloud instance shows of itself (not believed yet), and options. */
interface OpenedBody extends Envelope {
  readonly evidence: Evidence | null;
  readonly members: Options;
}

const openBody = async (request: Request): Promise<Result<OpenedBody, Refusal>> => {
  const body = await readBody(request);
  if (!body.ok) return body;
  if (isJson(body.value)) return mayHoldJson(request) ? openJson(body.value) : notJson();
  if (body.value.length === 0)
    return refuse({ code: "malformed-request", detail: "the body is empty; send a CSR" });
  return open(body.value, null, {});
};

const bodySchema = lazy(() => z.looseObject({ csr: z.string(), evidence: z.optional(z.unknown()) }));

const openJson = (body: Uint8Array): Result<OpenedBody, Refusal> => {
  const json = parseJson(body);
  if (!json.ok) return json;
  const parsed = bodySchema().safeParse(json.value);
  if (!parsed.success) return memberRefusal(parsed.error.issues[0]);
  const { csr, evidence, ...members } = parsed.data;
  const shown = evidence === undefined ? ok(null) : parseEvidence(evidence);
  return shown.ok ? open(utf8(csr), shown.value, members) : shown;
};

const open = (body: Uint8Array, evidence: Evidence | null, members: Options): Result<OpenedBody, Refusal> => {
  const envelope = readEnvelope(body);
  return envelope.ok ? ok({ ...envelope.value, evidence, members }) : envelope;
};

const mergeOptions = (url: URL, members: Options): Result<BundleOptions, Refusal> => {
  const query = queryOptions(url);
  if (!query.ok) return query;
  const twice = Object.keys(members).find((name) => Object.hasOwn(query.value, name));
  return twice === undefined
    ? parseOptions({ ...query.value, ...members })
    : refuse({ code: "option-invalid", field: twice, detail: "this option is given twice" });
};

const memberRefusal = (issue: z.core.$ZodIssue | undefined): Result<never, Refusal> => {
  const unknown = issue?.code === "unrecognized_keys" ? issue.keys[0] : undefined;
  const field = unknown ?? String(issue?.path[0] ?? "");
  const detail =
    unknown === undefined
      ? "a member of the JSON document is missing or has the wrong form"
      : "there is no such member";
  return refuse({ code: "malformed-request", detail, ...(field === "" ? {} : { field }) });
};

const BLANK = new Set([0x20, 0x09, 0x0a, 0x0d]);

const isJson = (body: Uint8Array): boolean => body.find((byte) => !BLANK.has(byte)) === 0x7b;
