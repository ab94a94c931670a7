import * as z from "zod/mini";
import { lazy } from "../lazy.ts";
import { annotated, described } from "./definition-values.ts";
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
  return z.int({ error }).check(z.minimum(least, { error }), z.maximum(most, { error }));
};
const port = () => whole(1, 65535);

/** Either form, told apart by the drive; which one it must be depends on the packaging (`render-rules.ts`). */
const installPath = lazy(() =>
  z.pipe(
    z.string({ error: installPathRule("posix") }).check(
      z.maxLength(MAX_FOLDER_LENGTH, {
        error: `must have at most ${MAX_FOLDER_LENGTH} characters`,
        abort: true,
      }),
    ),
    z.transform((text: string, context): InstallPath => {
      if (isInstallPath(text, "posix") || isInstallPath(text, "windows")) return text;
      const message = installPathRule(/^[A-Za-z]:/.test(text) ? "windows" : "posix");
      context.issues.push({ code: "custom", message, input: text });
      return z.NEVER;
    }),
  ),
);
const path = (description: string) => described(z.optional(installPath()), description);

const tlsVersions = lazy(() =>
  z.array(choice(TLS_VERSIONS)).check(
    z.minLength(1, { error: "must name at least one TLS version" }),
    z.refine((versions) => new Set(versions).size === versions.length, {
      error: "must not name a version twice",
    }),
  ),
);

const common = <P extends Product>(product: P) => ({
  packaging: described(
    z._default(choice(PRODUCT_PACKAGINGS[product]), "package"),
    "How the product reached the node.",
  ),
  strategy: described(
    z._default(choice(STRATEGIES), "optfile"),
    "Where the TLS options stand: in an option file or in emulator flags.",
  ),
  combined: described(z._default(yesOrNo(), false), "One file, made on the node, holds certificate and key."),
  certsDir: path("Where certificate, key and CA file are installed."),
  configDir: path("Where the product reads its configuration."),
  tlsVersions: annotated(z._default(tlsVersions(), [...TLS_VERSIONS]), { uniqueItems: true }),
  cookie: described(z._default(yesOrNo(), false), "Bundles deliver the cluster's Erlang cookie."),
  revocation: described(
    z._default(choice(REVOCATION_CHECKS), "none"),
    "file: bundles bring the CRL, and nodes refuse revoked peers; it must be refreshed daily.",
  ),
});

export const rabbitmq = () =>
  z.strictObject({
    ...common("rabbitmq"),
    ports: z.prefault(
      z.strictObject({ amqp: z._default(port(), 5672), distribution: z._default(port(), 25672) }),
      {},
    ),
  });
export const emqx = () => z.strictObject(common("emqx"));
export const mongooseim = () =>
  z.strictObject({
    ...common("mongooseim"),
    ports: z.prefault(
      z.strictObject({
        distribution: z._default(port(), 30000),
        length: z._default(whole(2, 1000), 101),
      }),
      {},
    ),
  });
export const erlang = () =>
  z.strictObject({
    ...common("erlang"),
    release: described(
      z._default(choice(RELEASE_FORMS), "vm-args"),
      "Where the release takes its emulator flags from.",
    ),
    epmd: described(
      z._default(yesOrNo(), true),
      "False: no port mapper, one distribution port for the whole cluster.",
    ),
    user: described(
      z.optional(
        z.string().check(z.regex(/^[a-z_][a-z0-9_-]{0,31}$/, { error: "must be the name of a system user" })),
      ),
      "The system user and group that the release runs as; default app, or ejabberd.",
    ),
    ports: z.prefault(
      z.strictObject({ distribution: z._default(port(), 9100), length: z.optional(whole(1, 1000)) }),
      {},
    ),
  });
