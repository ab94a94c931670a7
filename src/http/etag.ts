import type { Context } from "hono";
import { sha256Hex } from "../bytes.ts";
import type { HttpEnv } from "./context.ts";

type HeaderFields = Readonly<Record<string, string>>;

/** The strong validator of a body that depends on nothing but its content (RFC 9110 §8.8.3). */
export const entityTag = async (body: string | Uint8Array<ArrayBuffer>): Promise<string> =>
  `"${(await sha256Hex(body)).slice(0, 32)}"`;

/** Whether the caller already has it: If-None-Match compares weakly (RFC 9110 §13.1.2). */
export const isCurrent = (ifNoneMatch: string | undefined, tag: string): boolean => {
  const known = new Set(
    (ifNoneMatch ?? "").split(",").map((candidate) => candidate.trim().replace(/^W\//, "")),
  );
  return known.has(tag) || known.has("*");
};

/** Answers the body, or 304 where the caller has it already (RFC 9110 §15.4.5). `always` goes with both, `own` describes the body alone. */
export const unlessCurrent = async (
  c: Context<HttpEnv>,
  body: string | Uint8Array<ArrayBuffer>,
  always: HeaderFields,
  own: HeaderFields,
): Promise<Response> => {
  const tag = await entityTag(body);
  const headers = { ETag: tag, ...always };
  if (isCurrent(c.req.header("If-None-Match"), tag)) return c.body(null, 304, headers);
  return c.body(body, 200, { ...headers, ...own });
};
