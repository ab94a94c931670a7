import * as z from "zod";
import type { Product } from "./definition.ts";
import { installPathRule, isInstallPath, MAX_FOLDER_LENGTH, type InstallPath } from "./install-path.ts";
import { certsFolder, defaultFolders, PRODUCT_PACKAGINGS, type Packaging } from "./render-folders.ts";
import { renderDefects, sharesFlagsWithTools } from "./render-rules.ts";

export const STRATEGIES = ["optfile", "flags"] as const;
/** Whether nodes check that a peer's certificate is not revoked: by a folder of CRL files, the one form that every OTP has (`erlang.md` §12). */
export const REVOCATION_CHECKS = ["none", "file"] as const;
export const TLS_VERSIONS = ["1.3", "1.2"] as const;
/** How a release of one's own takes its emulator flags (`erlang.md` §10). */
export const RELEASE_FORMS = ["vm-args", "elixir", "erl-flags", "ejabberd"] as const;

export type Strategy = (typeof STRATEGIES)[number];
export type RevocationCheck = (typeof REVOCATION_CHECKS)[number];
export type TlsVersion = (typeof TLS_VERSIONS)[number];
export type ReleaseForm = (typeof RELEASE_FORMS)[number];

/** How a cluster's configuration is rendered. The parser has checked that its parts fit together (`render-rules.ts`). */
export type RenderSettings = RabbitmqSettings | EmqxSettings | MongooseimSettings | ErlangSettings;

interface CommonSettings {
  readonly packaging: Packaging;
  /** Where the TLS options stand: in an option file, or on the emulator's command line. */
  readonly strategy: Strategy;
  /** One file holds certificate and key; it is made on the node, because the key never leaves it. */
  readonly combined: boolean;
  readonly certsDir: InstallPath;
  readonly configDir: InstallPath;
  /** Newest first, without duplicates. */
  readonly tlsVersions: readonly TlsVersion[];
  /** Whether bundles deliver the cluster's Erlang cookie. */
  readonly cookie: boolean;
  readonly revocation: RevocationCheck;
}

export interface RabbitmqSettings extends CommonSettings {
  readonly product: "rabbitmq";
  /** The command line tools listen on `distribution` + 10000 and ten more, as RabbitMQ's networking guide has it. */
  readonly ports: { readonly amqp: number; readonly distribution: number };
}

/** The node's name decides the ports (`erlang.md` §8). */
export interface EmqxSettings extends CommonSettings {
  readonly product: "emqx";
}

/** A range of distribution ports; command line tools need one of them beside the server's. */
interface DistributionRange {
  readonly distribution: number;
  readonly length: number;
}

export interface MongooseimSettings extends CommonSettings {
  readonly product: "mongooseim";
  readonly ports: DistributionRange;
}

export interface ErlangSettings extends CommonSettings {
  readonly product: "erlang";
  readonly release: ReleaseForm;
  /** False: no port mapper; every node of the cluster listens on the one distribution port. */
  readonly epmd: boolean;
  /** The system user and group that the release runs as. */
  readonly user: string;
  readonly ports: DistributionRange;
}

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

const rabbitmq = z.strictObject({
  ...common("rabbitmq"),
  ports: z.strictObject({ amqp: port().default(5672), distribution: port().default(25672) }).prefault({}),
});
const emqx = z.strictObject(common("emqx"));
const mongooseim = z.strictObject({
  ...common("mongooseim"),
  ports: z
    .strictObject({ distribution: port().default(30000), length: whole(2, 1000).default(101) })
    .prefault({}),
});
const erlang = z.strictObject({
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

interface Chosen {
  readonly packaging: Packaging;
  readonly certsDir?: InstallPath | undefined;
  readonly configDir?: InstallPath | undefined;
  readonly tlsVersions: readonly TlsVersion[];
}

/** What follows from the rest where it is not given: folders, and the order of the TLS versions. */
const settled = (
  product: Product,
  { packaging, certsDir, configDir, tlsVersions }: Chosen,
  release?: ReleaseForm,
) => {
  const base = configDir ?? defaultFolders(product, packaging, release).configDir;
  return {
    configDir: base,
    certsDir: certsDir ?? certsFolder(product, base),
    tlsVersions: TLS_VERSIONS.filter((version) => tlsVersions.includes(version)),
  };
};

/** A defect stops the parse; until then the settings are as good as any value. */
const checked = <S extends RenderSettings>(
  settings: S,
  context: { readonly issues: z.core.$ZodRawIssue[] },
): S => {
  for (const { path, detail } of renderDefects(settings)) {
    context.issues.push({ code: "custom", message: detail, path: [...path], input: settings });
  }
  return settings;
};

/** Room for a node and ten tools that share its flags. */
const rangeLength = (release: ReleaseForm, epmd: boolean): number =>
  epmd && sharesFlagsWithTools(release) ? 11 : 1;

const SCHEMAS = {
  rabbitmq: rabbitmq.transform((input, context): RabbitmqSettings =>
    checked({ product: "rabbitmq", ...input, ...settled("rabbitmq", input) }, context),
  ),
  emqx: emqx.transform((input, context): EmqxSettings =>
    checked({ product: "emqx", ...input, ...settled("emqx", input) }, context),
  ),
  mongooseim: mongooseim.transform((input, context): MongooseimSettings =>
    checked({ product: "mongooseim", ...input, ...settled("mongooseim", input) }, context),
  ),
  erlang: erlang.transform((input, context): ErlangSettings => {
    const { release, epmd, ports, user = release === "ejabberd" ? "ejabberd" : "app" } = input;
    const length = ports.length ?? rangeLength(release, epmd);
    return checked(
      {
        product: "erlang",
        ...input,
        ...settled("erlang", input, release),
        user,
        ports: { ...ports, length },
      },
      context,
    );
  }),
} satisfies Record<Product, z.ZodType<RenderSettings>>;

/**
 * The `render` member of a cluster's definition, for one product: strict, with every default filled in.
 * Its JSON Schema is made from the input side: `z.toJSONSchema(schema, { io: "input" })`.
 */
export const renderSettingsSchema = (product: Product): z.ZodType<RenderSettings> => SCHEMAS[product];
