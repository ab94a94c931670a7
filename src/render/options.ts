import { ok, type Result } from "../result.ts";
import { refuse, type Refusal } from "../refusal.ts";
import { parseInstallPath, type InstallPath } from "../policy/install-path.ts";
import { certsFolder, defaultFolders, PRODUCT_PACKAGINGS, type Packaging } from "../policy/render-folders.ts";
import { renderDefects } from "../policy/render-rules.ts";
import { STRATEGIES, type RenderSettings, type Strategy } from "../policy/render-settings.ts";

/** What a caller may choose for one node (the wire contract, section 2); absent: as the cluster's definition says. */
export interface RenderOptions {
  readonly packaging?: string | undefined;
  readonly strategy?: string | undefined;
  readonly combined?: boolean | undefined;
  readonly certsDir?: string | undefined;
}

/**
 * The cluster's settings with a caller's options laid over them. Another packaging moves the folders that nobody chose.
 * Refuses with `option-invalid`, naming the option, what the product cannot have or what does not fit the rest.
 */
export const withOptions = (
  settings: RenderSettings,
  options: RenderOptions,
): Result<RenderSettings, Refusal> => {
  // The definition's own settings were checked when it was read.
  if (!choosesAnything(options)) return ok(settings);
  const packaging = parsePackaging(settings, options.packaging);
  if (!packaging.ok) return packaging;
  const strategy = parseStrategy(settings, options.strategy);
  if (!strategy.ok) return strategy;
  const moved = movedFolders(settings, packaging.value);
  const certsDir = parseCertsDir(moved.certsDir, packaging.value, options.certsDir);
  if (!certsDir.ok) return certsDir;
  return checked({
    ...settings,
    packaging: packaging.value,
    strategy: strategy.value,
    combined: options.combined ?? settings.combined,
    configDir: moved.configDir,
    certsDir: certsDir.value,
  });
};

const choosesAnything = ({ packaging, strategy, combined, certsDir }: RenderOptions): boolean =>
  [packaging, strategy, combined, certsDir].some((option) => option !== undefined);

const parsePackaging = (
  { product, packaging }: RenderSettings,
  text: string | undefined,
): Result<Packaging, Refusal> => {
  if (text === undefined) return ok(packaging);
  const known: readonly Packaging[] = PRODUCT_PACKAGINGS[product];
  const value = known.find((name) => name === text);
  return value === undefined
    ? invalid("packaging", `must be one of ${known.join(", ")} for ${product}`)
    : ok(value);
};

const parseStrategy = ({ strategy }: RenderSettings, text: string | undefined): Result<Strategy, Refusal> => {
  if (text === undefined) return ok(strategy);
  const value = STRATEGIES.find((name) => name === text);
  return value === undefined ? invalid("strategy", `must be one of ${STRATEGIES.join(", ")}`) : ok(value);
};

const parseCertsDir = (
  folder: InstallPath,
  packaging: Packaging,
  text: string | undefined,
): Result<InstallPath, Refusal> =>
  text === undefined
    ? ok(folder)
    : parseInstallPath(text, "certsDir", packaging === "windows" ? "windows" : "posix");

const movedFolders = (
  settings: RenderSettings,
  packaging: Packaging,
): Pick<RenderSettings, "configDir" | "certsDir"> => {
  const release = settings.product === "erlang" ? settings.release : undefined;
  const before = defaultFolders(settings.product, settings.packaging, release);
  const after = defaultFolders(settings.product, packaging, release);
  const configDir = settings.configDir === before.configDir ? after.configDir : settings.configDir;
  const certsDir =
    settings.certsDir === certsFolder(settings.product, settings.configDir)
      ? certsFolder(settings.product, configDir)
      : settings.certsDir;
  return { configDir, certsDir };
};

const checked = (settings: RenderSettings): Result<RenderSettings, Refusal> => {
  const [defect] = renderDefects(settings);
  return defect === undefined ? ok(settings) : invalid(defect.path.join("."), defect.detail);
};

const invalid = (field: string, detail: string): Result<never, Refusal> =>
  refuse({ code: "option-invalid", field, detail: `${field} ${detail}` });
