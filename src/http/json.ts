import { refuse, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";
import { strictJson, type JsonDefect } from "../strict-json.ts";

/** Parses a body as one strict JSON document. Refuses with `malformed-request`. */
export const parseJson = (bytes: Uint8Array): Result<unknown, Refusal> => {
  const json = strictJson(bytes);
  return json.ok ? ok(json.value) : refuse({ code: "malformed-request", detail: DETAIL[json.error] });
};

const DETAIL = {
  unreadable: "the body is not one JSON document in UTF-8",
  ambiguous: "a member of the JSON document is given twice, or has the name __proto__",
} as const satisfies Record<JsonDefect, string>;
