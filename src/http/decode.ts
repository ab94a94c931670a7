import * as z from "zod";
import { utf8 } from "../bytes.ts";
import type { BundleOptions } from "../bundle-contract.ts";
import { readEnvelope, type Envelope } from "../pki/envelope.ts";
import { refuse, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";
import { mayHoldJson, notJson, readBody } from "./body.ts";
import { parseJson } from "./json.ts";
import { parseOptions, queryOptions } from "./options.ts";

/** The part of a bundle call that its body and query string say. */
export interface DecodedBundleCall extends Envelope {
  readonly options: BundleOptions;
}

/**
 * Reads a bundle call. The body says by its first byte what it is, `{` for JSON and anything else for a CSR or a renewal; Content-Type is
 * a hint that Terraform does not give and curl gives wrongly (the wire contract, section 2).
 */
export const decodeBundleCall = async (
  request: Request,
  url: URL,
): Promise<Result<DecodedBundleCall, Refusal>> => {
  const query = queryOptions(url);
  if (!query.ok) return query;
  const body = await readBody(request);
  if (!body.ok) return body;
  return isJson(body.value)
    ? decodeJson(request, body.value, query.value)
    : decodeRaw(body.value, query.value);
};

/** Reads an administrator's JSON body against its schema. The empty body is the empty object. */
export const decodeJsonBody = async <T>(
  request: Request,
  schema: z.ZodType<T>,
): Promise<Result<T, Refusal>> => {
  const body = await readBody(request);
  if (!body.ok) return body;
  if (!mayHoldJson(request)) return notJson();
  const json = body.value.length === 0 ? ok({}) : parseJson(body.value);
  if (!json.ok) return json;
  const parsed = schema.safeParse(json.value);
  return parsed.success ? ok(parsed.data) : memberRefusal(parsed.error.issues[0]);
};

type Options = Readonly<Record<string, unknown>>;

const bodySchema = z.looseObject({ csr: z.string() });

const decodeJson = (
  request: Request,
  body: Uint8Array,
  query: Options,
): Result<DecodedBundleCall, Refusal> => {
  if (!mayHoldJson(request)) return notJson();
  const json = parseJson(body);
  if (!json.ok) return json;
  const parsed = bodySchema.safeParse(json.value);
  if (!parsed.success) return memberRefusal(parsed.error.issues[0]);
  const { csr, ...members } = parsed.data;
  const twice = Object.keys(members).find((name) => Object.hasOwn(query, name));
  if (twice !== undefined)
    return refuse({ code: "option-invalid", field: twice, detail: "this option is given twice" });
  return decoded(utf8(csr), { ...query, ...members });
};

const decodeRaw = (body: Uint8Array, query: Options): Result<DecodedBundleCall, Refusal> => {
  if (body.length === 0)
    return refuse({ code: "malformed-request", detail: "the body is empty; send a CSR" });
  return decoded(body, query);
};

const decoded = (body: Uint8Array, given: Options): Result<DecodedBundleCall, Refusal> => {
  const options = parseOptions(given);
  if (!options.ok) return options;
  const envelope = readEnvelope(body);
  return envelope.ok ? ok({ ...envelope.value, options: options.value }) : envelope;
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
