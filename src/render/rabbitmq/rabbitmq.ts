import { ok, type Result } from "../../result.ts";
import type { Refusal } from "../../refusal.ts";
import { fileIn } from "../../policy/install-path.ts";
import type { RabbitmqSettings } from "../../policy/render-settings.ts";
import { optionFiles } from "../distribution/option-file.ts";
import { tlsFiles, type Account } from "../distribution/tls-files.ts";
import { distributionTls, type DistributionTls } from "../distribution/tls.ts";
import { chosenOffset } from "../ports.ts";
import type { RenderedFile, RenderRequest, Rendering } from "../renderer.ts";
import { tlsWarnings, warn } from "../warnings.ts";
import { environmentBatch, environmentFile } from "./environment.ts";
import { listPorts, nodePorts, type NodePorts } from "./ports.ts";

type Request = RenderRequest<RabbitmqSettings>;

const ACCOUNT: Account = { owner: "rabbitmq", group: "rabbitmq" };
/** The service runs as LocalSystem. */
const WINDOWS_ACCOUNT: Account = { owner: "SYSTEM", group: "Administrators" };

/** RabbitMQ 3.10 and later (`erlang.md` §7): an option file or flags, named in the environment file that server and tools read. */
export const renderRabbitmq = (request: Request): Result<Rendering, Refusal> => {
  const { settings, cookie } = request;
  const account = settings.packaging === "windows" ? WINDOWS_ACCOUNT : ACCOUNT;
  const { paths, prepare, ...installed } = tlsFiles(settings, account);
  const tls = distributionTls(request, paths, fileIn(settings.configDir, "inter_node_tls.config"));
  if (!tls.ok) return tls;
  const offset = chosenOffset(request.portOffset);
  if (!offset.ok) return offset;
  const numbers = nodePorts(settings, offset.value);
  const ports = listPorts(numbers);
  if (!ports.ok) return ports;
  return ok({
    portOffset: offset.value,
    ports: ports.value,
    exclusivePorts: [],
    files: [
      ...optionFiles(tls.value, account, comments(request)),
      environment(request, numbers, tls.value, account),
      ...(cookie === null ? [] : [cookieFile(settings, cookie, account)]),
    ],
    ...installed,
    apply: { prepare, effect: "restart", commands: COMMANDS[settings.packaging] },
    warnings: warnings(request, tls.value),
  });
};

const COMMANDS = {
  package: ["systemctl restart rabbitmq-server"],
  docker: [],
  kubernetes: [],
  // The service keeps the arguments that it was installed with.
  windows: ["stop", "remove", "install", "start"].map((verb) => `rabbitmq-service.bat ${verb}`),
} as const satisfies Record<RabbitmqSettings["packaging"], readonly string[]>;

const comments = ({ node, wildcard }: Request): readonly string[] => [
  `TLS between the cluster nodes and for the command line tools of ${node.text}.`,
  `RabbitMQ reads this file a second time, for stream replication${wildcard ? "." : ": keep it to plain terms."}`,
];

const environment = (
  { node, settings }: Request,
  ports: NodePorts,
  tls: DistributionTls,
  account: Account,
): RenderedFile =>
  settings.packaging === "windows"
    ? {
        path: fileIn(settings.configDir, "rabbitmq-env-conf.bat"),
        mode: "0644",
        ...account,
        content: environmentBatch(node, ports, tls),
        mergeComment: "rem",
      }
    : {
        path: fileIn(settings.configDir, "rabbitmq-env.conf"),
        mode: "0644",
        ...account,
        content: environmentFile(node, ports, tls),
        mergeComment: "#",
      };

/** Erlang refuses a cookie file that others may read; it stops at the end of the line. */
const cookieFile = ({ packaging }: RabbitmqSettings, cookie: string, account: Account): RenderedFile => ({
  path:
    packaging === "windows"
      ? "C:/Windows/System32/config/systemprofile/.erlang.cookie"
      : "/var/lib/rabbitmq/.erlang.cookie",
  mode: "0400",
  ...account,
  content: `${cookie}\n`,
  mergeComment: null,
});

const warnings = (
  { settings, wildcard, cookie }: Request,
  { protocol }: DistributionTls,
): Rendering["warnings"] => [
  ...tlsWarnings(settings),
  ...warn(
    wildcard && "rabbitmq-wildcard-3.10.8",
    protocol === "inet6_tls" && "rabbitmq-inet6-streams",
    settings.packaging === "windows" && cookie !== null && "windows-tools-cookie",
  ),
];
