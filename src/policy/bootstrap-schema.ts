import * as z from "zod/mini";
import type { Bootstrap } from "../auth/bootstrap.ts";
import { awsIid, awsSts } from "./bootstrap-aws.ts";
import { azureImds } from "./bootstrap-azure.ts";
import { jwt } from "./bootstrap-jwt.ts";
import { DAY, described, duration } from "./definition-values.ts";

/** The member `bootstrap` of a definition: one entry a kind of credential, for `jwt` one an issuer (docs/evidence.md). */

const token = z.strictObject({
  method: z.literal("token"),
  maxLifetime: described(z.prefault(duration(60, 30 * DAY), "1h"), "The longest life of a join token."),
});

const METHODS = ["token", "jwt", "aws-iid", "aws-sts", "azure-imds"] as const;

const entriesSchema = z
  .array(
    z.discriminatedUnion("method", [token, jwt, awsSts, awsIid, azureImds], {
      error: `must be an object whose method is one of ${METHODS.join(", ")}`,
    }),
  )
  .check(
    z.superRefine((entries, context) => {
      const names = entries.map((entry) => (entry.method === "jwt" ? `jwt ${entry.issuer}` : entry.method));
      names.forEach((name, i) => {
        if (names.indexOf(name) < i)
          context.addIssue({
            code: "custom",
            message: "must name each method, and each issuer, once",
            path: [i],
          });
      });
    }),
  );

export const bootstrapSchema = z.pipe(
  entriesSchema,
  z.transform((entries): Bootstrap => ({
    token: entries.find((entry) => entry.method === "token") ?? null,
    jwt: entries.filter((entry) => entry.method === "jwt"),
    "aws-sts": entries.find((entry) => entry.method === "aws-sts") ?? null,
    "aws-iid": entries.find((entry) => entry.method === "aws-iid") ?? null,
    "azure-imds": entries.find((entry) => entry.method === "azure-imds") ?? null,
  })),
);
