import { isInstallPath, installPathRule, MAX_FOLDER_LENGTH, type PathForm } from "./install-path.ts";
import type { RabbitmqSettings, ReleaseForm, RenderSettings } from "./render-settings.ts";

/** Settings that are fine one by one and do not fit together. `detail` is a sentence for people. */
export interface RenderDefect {
  readonly path: readonly string[];
  readonly detail: string;
}

/** What no node could run, or what would run otherwise than the settings say. Empty: the settings hold. */
export const renderDefects = (settings: RenderSettings): readonly RenderDefect[] => [
  ...folderDefects(settings),
  ...strategyDefects(settings),
  ...portDefects(settings),
  ...releaseDefects(settings),
];

const folderDefects = ({ packaging, certsDir, configDir }: RenderSettings): RenderDefect[] => {
  const form: PathForm = packaging === "windows" ? "windows" : "posix";
  return Object.entries({ certsDir, configDir }).flatMap(([field, folder]) => {
    if (!isInstallPath(folder, form)) return [{ path: [field], detail: installPathRule(form) }];
    return folder.length > MAX_FOLDER_LENGTH
      ? [{ path: [field], detail: `must have at most ${MAX_FOLDER_LENGTH} characters` }]
      : [];
  });
};

const strategyDefects = ({
  product,
  packaging,
  strategy,
  combined,
  tlsVersions,
  revocation,
}: RenderSettings): RenderDefect[] => {
  const defects: RenderDefect[] = [];
  if (strategy === "flags" && product === "emqx") {
    defects.push({
      path: ["strategy"],
      detail: "must be optfile: EMQX starts its nodes with an option file and takes no TLS flags",
    });
  }
  // Flags cannot name versions on OTP 25 and 26: a node would negotiate what its release prefers (`erlang.md` §6).
  if (strategy === "flags" && tlsVersions.length !== 2) {
    defects.push({
      path: ["tlsVersions"],
      detail:
        "must be left to both versions with strategy flags, which cannot choose one; use strategy optfile",
    });
  }
  // A flag's value is one word; the folder stands inside a term (`erlang.md` §6, §12).
  if (strategy === "flags" && revocation === "file") {
    defects.push({
      path: ["strategy"],
      detail: "must be optfile with revocation file: flags cannot name the folder of the CRLs",
    });
  }
  if (combined && packaging === "windows") {
    defects.push({
      path: ["combined"],
      detail: "must be false on Windows, where nothing makes the file; the key file is named instead",
    });
  }
  return defects;
};

const MAX_PORT = 65535;

const portDefects = (settings: RenderSettings): RenderDefect[] => {
  if (settings.product === "emqx") return [];
  if (settings.product === "rabbitmq") return rabbitmqPortDefects(settings.ports);
  const { distribution, length } = settings.ports;
  return distribution + length - 1 > MAX_PORT
    ? [{ path: ["ports", "length"], detail: "must keep the last distribution port at 65535 or below" }]
    : [];
};

const rabbitmqPortDefects = ({ amqp, distribution }: RabbitmqSettings["ports"]): RenderDefect[] => {
  const path = ["ports", "distribution"];
  if (amqp === distribution) return [{ path, detail: "must differ from the AMQP port" }];
  const [first, last] = [distribution + 10000, distribution + 10010];
  if (last > MAX_PORT)
    return [{ path, detail: "must be 55525 at most: the command line tools listen 10000 to 10010 above it" }];
  if (amqp < first || amqp > last) return [];
  // A tool that runs while the server starts would hold the server's port (`erlang.md` §7).
  const detail = `must not be one of ${first} to ${last}: the command line tools listen there`;
  return [{ path: ["ports", "amqp"], detail }];
};

const releaseDefects = (settings: RenderSettings): RenderDefect[] => {
  if (settings.product === "mongooseim") return settings.ports.length < 2 ? [TOOLS_NEED_A_PORT] : [];
  if (settings.product !== "erlang") return [];
  const { release, epmd, ports } = settings;
  if (!epmd) {
    return ports.length === 1
      ? []
      : [
          {
            path: ["ports", "length"],
            detail: "must be 1 without epmd: every node of the cluster listens on the same port",
          },
        ];
  }
  return sharesFlagsWithTools(release) && ports.length < 2 ? [TOOLS_NEED_A_PORT] : [];
};

const TOOLS_NEED_A_PORT: RenderDefect = {
  path: ["ports", "length"],
  detail:
    "must be 2 or more: command line tools start with the same flags and need a port beside the server's",
};

/** `ejabberdctl` and every `erl` below ERL_FLAGS read the server's port range as their own (`erlang.md` §10). */
export const sharesFlagsWithTools = (release: ReleaseForm): boolean =>
  release === "ejabberd" || release === "erl-flags";
