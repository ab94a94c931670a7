import { ok, type Result } from "../../result.ts";
import type { Refusal } from "../../refusal.ts";
import { fileIn } from "../../policy/install-path.ts";
import type { MongooseimSettings } from "../../policy/render-settings.ts";
import { flagCookie } from "../distribution/cookie.ts";
import { blockTlsFlag, protocolFlags } from "../distribution/flags.ts";
import { optionFiles } from "../distribution/option-file.ts";
import { tlsFiles, type Account } from "../distribution/tls-files.ts";
import { distributionTls, type DistributionTls } from "../distribution/tls.ts";
import { chosenOffset, distributionRange, EPMD, withinRange } from "../ports.ts";
import type { Port, RenderedFile, RenderRequest, Rendering } from "../renderer.ts";
import { erlFlag } from "../text/erl-flag.ts";
import { printVmArgs } from "../text/vm-args.ts";
import { tlsWarnings, warn } from "../warnings.ts";

type Request = RenderRequest<MongooseimSettings>;

const ACCOUNT: Account = { owner: "mongooseim", group: "mongooseim" };

/**
 * MongooseIM (`erlang.md` §9): `vm.dist.args`, which the server and `mongooseimctl` both read. The file is for nothing else, so it
 * is replaced whole: flags and an option file never stand side by side.
 */
export const renderMongooseim = (request: Request): Result<Rendering, Refusal> => {
  const { settings } = request;
  const { paths, prepare, ...installed } = tlsFiles(settings, ACCOUNT);
  const tls = distributionTls(request, paths, fileIn(settings.configDir, "inter_node_tls.conf"));
  if (!tls.ok) return tls;
  const offset = chosenOffset(request.portOffset);
  if (!offset.ok) return offset;
  const cookie = flagCookie(request.cookie);
  if (!cookie.ok) return cookie;
  const range = distributionRange(settings.ports.distribution + offset.value, settings.ports.length);
  const ports = withinRange([EPMD, range]);
  if (!ports.ok) return ports;
  return ok({
    portOffset: offset.value,
    ports: ports.value,
    exclusivePorts: [],
    files: [
      ...optionFiles(tls.value, ACCOUNT, [
        `TLS between the cluster nodes and for mongooseimctl of ${request.node.text}.`,
      ]),
      argumentsFile(settings, range, tls.value, cookie.value),
    ],
    ...installed,
    apply: {
      prepare,
      effect: "restart",
      commands: settings.packaging === "package" ? ["systemctl restart mongooseim"] : [],
    },
    warnings: [...tlsWarnings(settings), ...warn(cookie.value !== null && "mongooseim-cookie-once")],
  });
};

const argumentsFile = (
  { configDir }: MongooseimSettings,
  { port, lastPort = port }: Port,
  tls: DistributionTls,
  cookie: string | null,
): RenderedFile => ({
  path: fileIn(configDir, "vm.dist.args"),
  mode: "0640",
  ...ACCOUNT,
  content: printVmArgs([
    "Port range for the firewall; epmd (4369) is needed as well.",
    erlFlag("kernel", ["inet_dist_listen_min", String(port)]),
    erlFlag("kernel", ["inet_dist_listen_max", String(lastPort)]),
    "TLS between nodes, and for mongooseimctl. Both roles use the same certificate.",
    ...protocolFlags(tls),
    ...(tls.optionFile === null ? [blockTlsFlag(tls)] : []),
    ...(cookie === null
      ? []
      : [
          "Erlang ignores a cookie that is set twice: vm.args must have none.",
          erlFlag("setcookie", [cookie]),
        ]),
  ]),
  mergeComment: null,
});
