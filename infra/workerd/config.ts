import type { BundleModule } from "./bundle-modules.ts";

/** What a standalone workerd needs to run the production bundle, ledger on disk included. */
export interface WorkerdSettings {
  /** Directory of `npm run build`, relative to the configuration: an absolute path would be looked up among workerd's own. */
  readonly bundleDirectory: string;
  /** What is there, the main module first. */
  readonly modules: readonly BundleModule[];
  /** Directory of the ledger; it must exist. */
  readonly ledgerDirectory: string;
  readonly address: string;
  /** Names of environment variables that become bindings. Values never stand in the configuration. */
  readonly variables: readonly string[];
}

/** The compatibility date of wrangler.toml: the bundle must run under the rules that it was built for. */
export const COMPATIBILITY_DATE = "2026-10-01";

/** A workerd configuration (workerd.capnp) as text. */
export const workerdConfig = (
  settings: WorkerdSettings,
): string => `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "interlock", worker = .worker),
    # The API calls AWS and nothing else; a private endpoint or an emulator may be on a private network.
    (name = "internet", network = (allow = ["public", "private", "local"], tlsOptions = (trustBrowserCas = true))),
    (name = "ledger", disk = (path = ${quote(settings.ledgerDirectory)}, writable = true)),
  ],
  sockets = [(name = "http", address = ${quote(settings.address)}, http = (), service = "interlock")],
);

const worker :Workerd.Worker = (
  modules = [
${settings.modules.map(({ name, kind }) => `    (name = ${quote(name)}, ${kind} = embed ${quote(`${settings.bundleDirectory}/${name}`)}),`).join("\n")}
  ],
  compatibilityDate = ${quote(COMPATIBILITY_DATE)},
  globalOutbound = "internet",
  durableObjectNamespaces = [(className = "LedgerObject", uniqueKey = "interlock-ledger", enableSql = true)],
  durableObjectStorage = (localDisk = "ledger"),
  bindings = [
    (name = "LEDGER", durableObjectNamespace = "LedgerObject"),
${settings.variables.map((name) => `    (name = ${quote(name)}, fromEnvironment = ${quote(name)}),`).join("\n")}
  ],
);
`;

/** Cap'n Proto text literals escape as C does, which JSON's escapes are for printable text. */
const quote = (text: string): string => JSON.stringify(text);
