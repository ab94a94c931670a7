import { ok, type Result } from "../../result.ts";
import { refuse, type Refusal } from "../../refusal.ts";
import { fileIn } from "../../policy/install-path.ts";
import type { ErlangSettings, ReleaseForm } from "../../policy/render-settings.ts";
import { flagCookie } from "../distribution/cookie.ts";
import { optionFiles } from "../distribution/option-file.ts";
import { tlsFiles } from "../distribution/tls-files.ts";
import { distributionTls } from "../distribution/tls.ts";
import { chosenOffset, distributionRange, EPMD, withinRange } from "../ports.ts";
import type { RenderRequest, Rendering } from "../renderer.ts";
import { tlsWarnings, warn } from "../warnings.ts";
import { ejabberdFiles } from "./ejabberd.ts";
import { elixirFiles } from "./elixir.ts";
import { erlFlagsFiles } from "./erl-flags.ts";
import type { ReleaseFiles } from "./release.ts";
import { vmArgsFiles } from "./vm-args.ts";

type Request = RenderRequest<ErlangSettings>;

const FORMS: Record<ReleaseForm, ReleaseFiles> = {
  "vm-args": vmArgsFiles,
  elixir: elixirFiles,
  "erl-flags": erlFlagsFiles,
  ejabberd: ejabberdFiles,
};

/** Any OTP release (`erlang.md` §10): an option file or flags, and the file from which its kind of release takes them. */
export const renderErlang = (request: Request): Result<Rendering, Refusal> => {
  const { settings } = request;
  const account = { owner: settings.user, group: settings.user };
  const { paths, prepare, ...installed } = tlsFiles(settings, account);
  const tls = distributionTls(request, paths, fileIn(settings.configDir, optionFileName(settings)));
  if (!tls.ok) return tls;
  const offset = releaseOffset(request);
  if (!offset.ok) return offset;
  const cookie = flagCookie(request.cookie);
  if (!cookie.ok) return cookie;
  const range = distributionRange(settings.ports.distribution + offset.value, settings.ports.length);
  const ports = withinRange(settings.epmd ? [EPMD, range] : [range]);
  if (!ports.ok) return ports;
  const release = {
    request,
    tls: tls.value,
    firstPort: range.port,
    lastPort: range.lastPort ?? range.port,
    cookie: cookie.value,
  };
  return ok({
    portOffset: offset.value,
    ports: ports.value,
    exclusivePorts: [],
    files: [
      ...optionFiles(tls.value, account, [`TLS between the cluster nodes, for ${request.node.text}.`]),
      ...FORMS[settings.release](release),
    ],
    ...installed,
    apply: { prepare, effect: "restart", commands: commands(settings) },
    warnings: [...tlsWarnings(settings), ...warn(settings.release === "vm-args" && "arguments-once")],
  });
};

/** Each product's own habit. */
const optionFileName = ({ release }: ErlangSettings): string =>
  release === "ejabberd" ? "inter_node_tls.config" : "inter_node_tls.conf";

const releaseOffset = ({ settings, portOffset }: Request): Result<number, Refusal> => {
  const offset = chosenOffset(portOffset);
  if (!offset.ok || settings.epmd || offset.value === 0) return offset;
  return refuse({
    code: "offset-conflict",
    field: "portOffset",
    detail:
      "without epmd every node of the cluster listens on the same port, one node a host; leave portOffset out",
  });
};

/** Only ejabberd's service has a name that we can know. */
const commands = ({ release, packaging }: ErlangSettings): readonly string[] =>
  release === "ejabberd" && packaging === "package" ? ["systemctl restart ejabberd"] : [];
