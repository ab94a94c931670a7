import * as z from "zod/mini";
import type { Bootstrap } from "../auth/bootstrap.ts";
import { DAY, described, duration } from "./definition-values.ts";

/** The member `bootstrap` of a definition: one entry a kind of credential, for `jwt` one an issuer (docs/evidence.md). */

const token = z.strictObject({
  method: z.literal("token"),
  maxLifetime: described(z.prefault(duration(60, 30 * DAY), "1h"), "The longest life of a join token."),
});

/** Kinds of credential beside the join token. */
export const EVIDENCE_METHODS = ["jwt", "aws-sts", "aws-iid", "azure-imds"] as const;

export type EvidenceMethod = (typeof EVIDENCE_METHODS)[number];

/** Few definitions name them: the schemas of their entries are in a part of the bundle. */
const OTHERS = {
  jwt: async () => (await import("./evidence.ts")).jwtEntry,
  "aws-sts": async () => (await import("./evidence.ts")).awsStsEntry,
  "aws-iid": async () => (await import("./evidence.ts")).awsIidEntry,
  "azure-imds": async () => (await import("./evidence.ts")).azureImdsEntry,
} as const satisfies Record<EvidenceMethod, unknown>;

type Entry = typeof token | Awaited<ReturnType<(typeof OTHERS)[EvidenceMethod]>>;

/** `bootstrap` of definitions that name these kinds beside the join token. An entry of any other is refused. */
export const loadBootstrapSchema = async (methods: readonly EvidenceMethod[]) =>
  bootstrapSchema(await Promise.all(methods.map((method): Promise<Entry> => OTHERS[method]())));

export type BootstrapSchema = ReturnType<typeof bootstrapSchema>;

const bootstrapSchema = (others: readonly Entry[]) =>
  z.pipe(
    entriesSchema(others),
    z.transform((entries): Bootstrap => bootstrapOf(entries)),
  );

const entriesSchema = (others: readonly Entry[]) =>
  z
    .array(
      z.discriminatedUnion("method", [token, ...others], {
        error: `must be an object whose method is one of token, ${EVIDENCE_METHODS.join(", ")}`,
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

const bootstrapOf = (entries: readonly z.output<Entry>[]): Bootstrap => ({
  token: entries.find((entry) => entry.method === "token") ?? null,
  jwt: entries.filter((entry) => entry.method === "jwt"),
  "aws-sts": entries.find((entry) => entry.method === "aws-sts") ?? null,
  "aws-iid": entries.find((entry) => entry.method === "aws-iid") ?? null,
  "azure-imds": entries.find((entry) => entry.method === "azure-imds") ?? null,
});
