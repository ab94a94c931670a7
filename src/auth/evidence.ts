import * as z from "zod/mini";
import { lazy } from "../lazy.ts";
import { refuse, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";

/** Printable ASCII: what no HTTP client can send in a header is no header (RFC 9110 §5.5). */
const headerValue = (length: number) => z.string().check(z.maxLength(length), z.regex(/^[ -~]+$/));

/**
 * What a cloud instance shows of itself, in the member `evidence` of a JSON body. A kind names its members and no others: a URL, a host
 * or a body that the caller chose is not even readable (CVE-2020-16250).
 */
const evidenceSchema = lazy(() =>
  z.discriminatedUnion("method", [
    /** `/latest/dynamic/instance-identity/rsa2048` as the metadata service sends it. */
    z.strictObject({ method: z.literal("aws-iid"), pkcs7: z.string() }),
    /** The signed headers of a `GetCallerIdentity` that the caller did not send; by lower-case name. */
    z.strictObject({
      method: z.literal("aws-sts"),
      region: z.string(),
      headers: z.strictObject({
        authorization: headerValue(1024),
        "x-amz-date": headerValue(64),
        "x-amz-security-token": z.optional(headerValue(8192)),
        "x-interlock-audience": headerValue(1024),
        "x-interlock-csr-sha256": headerValue(64),
      }),
    }),
    /** The member `signature` of `/metadata/attested/document`. */
    z.strictObject({ method: z.literal("azure-imds"), signature: z.string() }),
  ]),
);

export type Evidence = z.infer<ReturnType<typeof evidenceSchema>>;

export type EvidenceOf<M extends Evidence["method"]> = Extract<Evidence, { readonly method: M }>;

/** Refuses with `credential-invalid`. */
export const parseEvidence = (json: unknown): Result<Evidence, Refusal> => {
  const parsed = evidenceSchema().safeParse(json);
  if (parsed.success) return ok(parsed.data);
  return refuse({
    code: "credential-invalid",
    field: "evidence",
    detail:
      'evidence is {"method": "aws-iid", "pkcs7"}, {"method": "aws-sts", "region", "headers"} or {"method": "azure-imds", "signature"}, with exactly the members of its kind',
  });
};
