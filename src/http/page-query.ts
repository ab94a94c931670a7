import * as z from "zod/mini";
import { refuse, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";
import { queryOptions } from "./options.ts";

export const DEFAULT_PAGE = 100;
const MAX_PAGE = 1000;

/** `limit` of every list: 1 to 1000. */
export const pageLimit = z.pipe(
  z.pipe(z.string().check(z.regex(/^[1-9][0-9]{0,3}$/)), z.transform(Number)),
  z.int().check(z.maximum(MAX_PAGE)),
);

/** The filters of a list, by its schema. Refuses with `option-invalid`, the first bad field by its name; `detail` says what a caller may ask. */
export const parsePageQuery = <Schema extends z.ZodMiniType>(
  requestUrl: string,
  schema: Schema,
  detail: string,
): Result<z.infer<Schema>, Refusal> => {
  const query = queryOptions(new URL(requestUrl));
  if (!query.ok) return query;
  const parsed = schema.safeParse(query.value);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  const field = issue?.code === "unrecognized_keys" ? (issue.keys[0] ?? "") : String(issue?.path[0] ?? "");
  return refuse({ code: "option-invalid", field, detail });
};
