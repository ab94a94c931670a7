import * as z from "zod/mini";
import { lazy } from "../lazy.ts";
import type { Product } from "./definition.ts";
import type { InstallPath } from "./install-path.ts";
import { certsFolder, defaultFolders, type Packaging } from "./render-folders.ts";
import { emqx, erlang, mongooseim, rabbitmq } from "./render-members.ts";
import { renderDefects, sharesFlagsWithTools } from "./render-rules.ts";
import {
  TLS_VERSIONS,
  type EmqxSettings,
  type ErlangSettings,
  type MongooseimSettings,
  type RabbitmqSettings,
  type ReleaseForm,
  type RenderSettings,
  type TlsVersion,
} from "./render-settings.ts";

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
  rabbitmq: lazy(() =>
    z.pipe(
      rabbitmq(),
      z.transform((input, context): RabbitmqSettings =>
        checked({ product: "rabbitmq", ...input, ...settled("rabbitmq", input) }, context),
      ),
    ),
  ),
  emqx: lazy(() =>
    z.pipe(
      emqx(),
      z.transform((input, context): EmqxSettings =>
        checked({ product: "emqx", ...input, ...settled("emqx", input) }, context),
      ),
    ),
  ),
  mongooseim: lazy(() =>
    z.pipe(
      mongooseim(),
      z.transform((input, context): MongooseimSettings =>
        checked({ product: "mongooseim", ...input, ...settled("mongooseim", input) }, context),
      ),
    ),
  ),
  erlang: lazy(() =>
    z.pipe(
      erlang(),
      z.transform((input, context): ErlangSettings => {
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
    ),
  ),
} satisfies Record<Product, () => z.ZodMiniType<RenderSettings>>;

/**
 * The `render` member of a cluster's definition, for one product: strict, with every default filled in.
 * Its JSON Schema is made from the input side: `z.toJSONSchema(schema, { io: "input" })`.
 */
export const renderSettingsSchema = (product: Product): z.ZodMiniType<RenderSettings> => SCHEMAS[product]();
