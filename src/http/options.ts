import * as z from "zod/mini";
import type { BundleOptions } from "../bundle-contract.ts";
import { lazy } from "../lazy.ts";
import { parsed } from "../policy/definition-values.ts";
import { parseDuration } from "../policy/duration.ts";
import { refuse, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";

/** An option is a JSON value in a JSON body and text in the query string: both spellings give the same value. */
const wholeNumber = () =>
  z.union([
    z.int().check(z.nonnegative()),
    z.pipe(z.string().check(z.regex(/^(?:0|[1-9][0-9]{0,5})$/)), z.transform(Number)),
  ]);
const flag = () =>
  z.union([
    z.boolean(),
    z.pipe(
      z.enum(["true", "false"]),
      z.transform((text) => text === "true"),
    ),
  ]);
const optionsSchema = lazy(() =>
  z.strictObject({
    portOffset: z.optional(wholeNumber()),
    packaging: z.optional(z.string()),
    strategy: z.optional(z.string()),
    combined: z.optional(flag()),
    certsDir: z.optional(z.string()),
    lifetime: z.optional(parsed(parseDuration, "must be a duration")),
    renew: z.optional(z.literal("now")),
    have: z.optional(z.string().check(z.regex(/^[0-9a-f]{64}$/))),
    dryRun: z.optional(flag()),
  }),
);

/** What each option wants, for the sentence of the refusal. */
const EXPECTED: Readonly<Record<string, string>> = {
  portOffset: "portOffset must be a whole number",
  packaging: "packaging must be text",
  strategy: "strategy must be text",
  combined: "combined must be true or false",
  certsDir: "certsDir must be an absolute path",
  lifetime: "lifetime must be a duration such as 36h or 30d",
  renew: "renew must be now",
  have: "have must be the configuration that an earlier reply named: 64 hexadecimal digits",
  dryRun: "dryRun must be true or false",
};

/** The options that `GET …/config` takes: those that shape the rendered files. */
const CONFIG_OPTIONS = new Set(["portOffset", "packaging", "strategy", "combined", "certsDir"]);

const NO_OPTIONS: BundleOptions = {
  portOffset: null,
  lifetime: null,
  renewNow: false,
  have: null,
  dryRun: false,
};

/** Parses the options of a bundle call. Refuses with `option-invalid`, an unknown option by its name. */
export const parseOptions = (given: Readonly<Record<string, unknown>>): Result<BundleOptions, Refusal> => {
  // Most first certificates: their isolate is cold, and the schema is dear to make.
  if (Object.keys(given).length === 0) return ok(NO_OPTIONS);
  const parsed = optionsSchema().safeParse(given);
  if (!parsed.success) return optionRefusal(parsed.error.issues[0]);
  const { portOffset, lifetime, renew, have, dryRun, ...render } = parsed.data;
  return ok({
    portOffset: portOffset ?? NO_OPTIONS.portOffset,
    lifetime: lifetime ?? NO_OPTIONS.lifetime,
    renewNow: renew === "now",
    have: have ?? NO_OPTIONS.have,
    dryRun: dryRun ?? NO_OPTIONS.dryRun,
    ...render,
  });
};

/** As {@link parseOptions}, for a call that issues nothing. */
export const parseConfigOptions = (
  given: Readonly<Record<string, unknown>>,
): Result<BundleOptions, Refusal> => {
  const foreign = Object.keys(given).find((name) => !CONFIG_OPTIONS.has(name));
  return foreign === undefined ? parseOptions(given) : unknownOption(foreign, [...CONFIG_OPTIONS]);
};

/** The query string as an object, less `format`. Refuses a parameter that is given twice: which one counts would be a guess. */
export const queryOptions = (url: URL): Result<Readonly<Record<string, string>>, Refusal> => {
  const options = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    if (options.has(name))
      return refuse({ code: "option-invalid", field: name, detail: "this option is given twice" });
    options.set(name, value);
  }
  options.delete("format");
  return ok(Object.fromEntries(options));
};

const optionRefusal = (issue: z.core.$ZodIssue | undefined): Result<never, Refusal> => {
  if (issue?.code === "unrecognized_keys") return unknownOption(issue.keys[0] ?? "");
  const field = String(issue?.path[0] ?? "");
  return refuse({ code: "option-invalid", field, detail: EXPECTED[field] ?? "this option is invalid" });
};

const unknownOption = (
  field: string,
  known: readonly string[] = Object.keys(EXPECTED),
): Result<never, Refusal> =>
  refuse({
    code: "option-invalid",
    field,
    detail: `there is no such option here; the options are ${known.join(", ")}`,
  });
