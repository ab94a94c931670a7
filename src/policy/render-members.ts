import * as z from "zod";
import type { Product } from "./definition.ts";
import { installPathRule, isInstallPath, MAX_FOLDER_LENGTH, type InstallPath } from "./install-path.ts";
import { PRODUCT_PACKAGINGS } from "./render-folders.ts";
import { RELEASE_FORMS, REVOCATION_CHECKS, STRATEGIES, TLS_VERSIONS } from "./render-settings.ts";

/** What a definition may write under `render`, member by member. What follows from what is in `render-schema.ts`. */

const choice = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `must be one of ${values.join(", ")}` });
const yesOrNo = () => z.boolean({ error: "must be true or false" });
const whole = (least: number, most: number) => {
  const error = `must be a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};
const port = () => whole(1, 65535);

/** Either form, told apart by the drive; which one it must be depends on the packaging (`render-rules.ts`). */
const path = (description: string) =>
  z
    .string({ error: installPathRule("posix") })
    .max(MAX_FOLDER_LENGTH, { error: `must have at most ${MAX_FOLDER_LENGTH} characters`, abort: true })
    .refine((text): text is InstallPath => isInstallPath(text, "posix") || isInstallPath(text, "windows"), {
      error: ({ input }) => installPathRule(/^[A-Za-z]:/.test(String(input)) ? "windows" : "posix"),
    })
    .meta({ description })
    .optional();

const common = <P extends Product>(product: P) => ({
  packaging: choice(PRODUCT_PACKAGINGS[product])
    .default("package")
    .meta({ description: "How the product reached the node." }),
  strategy: choice(STRATEGIES)
    .default("optfile")
    .meta({ description: "Where the TLS options stand: in an option file or in emulator flags." }),
  combined: yesOrNo()
    .default(false)
    .meta({ description: "One file, made on the node, holds certificate and key." }),
  certsDir: path("Where certificate, key and CA file are installed."),
  configDir: path("Where the product reads its configuration."),
  tlsVersions: z
    .array(choice(TLS_VERSIONS))
    .min(1, { error: "must name at least one TLS version" })
    .refine((versions) => new Set(versions).size === versions.length, {
      error: "must not name a version twice",
    })
    .default([...TLS_VERSIONS])
    .meta({ uniqueItems: true }),
  cookie: yesOrNo().default(false).meta({ description: "Bundles deliver the cluster's Erlang cookie." }),
  revocation: choice(REVOCATION_CHECKS).default("none").meta({
    description: "file: bundles bring the CRL, and nodes refuse revoked peers; it must be refreshed daily.",
  }),
});

export const rabbitmq = z.strictObject({
  ...common("rabbitmq"),
  ports: z.strictObject({ amqp: port().default(5672), distribution: port().default(25672) }).prefault({}),
});
export const emqx = z.strictObject(common("emqx"));
export const mongooseim = z.strictObject({
  ...common("mongooseim"),
  ports: z
    .strictObject({ distribution: port().default(30000), length: whole(2, 1000).default(101) })
    .prefault({}),
});
export const erlang = z.strictObject({
  ...common("erlang"),
  release: choice(RELEASE_FORMS)
    .default("vm-args")
    .meta({ description: "Where the release takes its emulator flags from." }),
  epmd: yesOrNo()
    .default(true)
    .meta({ description: "False: no port mapper, one distribution port for the whole cluster." }),
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/, { error: "must be the name of a system user" })
    .optional()
    .meta({ description: "The system user and group that the release runs as; default app, or ejabberd." }),
  ports: z
    .strictObject({ distribution: port().default(9100), length: whole(1, 1000).optional() })
    .prefault({}),
});
