import { ok, type Result } from "../../result.ts";
import { refuse, type Refusal } from "../../refusal.ts";
import { fileIn } from "../../policy/install-path.ts";
import { defaultFolders } from "../../policy/render-folders.ts";
import type { EmqxSettings } from "../../policy/render-settings.ts";
import { flagCookie } from "../distribution/cookie.ts";
import { optionFiles } from "../distribution/option-file.ts";
import { tlsFiles, type Account } from "../distribution/tls-files.ts";
import { distributionTls, type DistributionTls } from "../distribution/tls.ts";
import { withinRange } from "../ports.ts";
import type { Port, RenderedFile, RenderRequest, Rendering } from "../renderer.ts";
import { tlsWarnings, warn } from "../warnings.ts";
import { configuration, environment, needsTlsVersions, type EmqxNode } from "./configuration.ts";
import { emqxOffset, type EmqxOffset } from "./offset.ts";

type Request = RenderRequest<EmqxSettings>;

const ACCOUNT: Account = { owner: "emqx", group: "emqx" };
/** Neither base can be configured (`erlang.md` §8). */
const DISTRIBUTION_BASE = 4370;
const RPC_BASE = 5370;
/** In containers the image's entry point stops the derivation: this port on every node. */
const CONTAINER_RPC_PORT = 5369;

/** EMQX 5 and later (`erlang.md` §8): `ssl_dist.conf`, which replaces the shipped one, and the settings that point to it. */
export const renderEmqx = (request: Request): Result<Rendering, Refusal> => {
  const { node, settings } = request;
  const { paths, prepare, ...installed } = tlsFiles(settings, ACCOUNT);
  const tls = distributionTls(request, paths, fileIn(settings.configDir, "ssl_dist.conf"));
  if (!tls.ok) return tls;
  const offset = emqxOffset(node, request.portOffset);
  if (!offset.ok) return offset;
  const cookie = emqxCookie(request);
  if (!cookie.ok) return cookie;
  const { distribution, rpc } = emqxPorts(settings, offset.value.offset);
  const ports = withinRange([distribution, rpc]);
  if (!ports.ok) return ports;
  const emqx = {
    node,
    cookie: cookie.value,
    tls: tls.value,
    distributionPort: distribution.port,
    rpcPort: rpc.port,
  };
  return ok({
    portOffset: offset.value.offset,
    ports: ports.value,
    exclusivePorts: inContainer(settings) ? [distribution.port] : [distribution.port, rpc.port],
    files: [
      ...optionFiles(tls.value, ACCOUNT, [
        `TLS between the cluster nodes and for the commands of ${node.text}.`,
      ]),
      inContainer(settings) ? environmentOf(emqx, settings) : configurationOf(emqx, settings),
    ],
    ...installed,
    apply: { prepare, effect: "restart", commands: inContainer(settings) ? [] : ["systemctl restart emqx"] },
    warnings: warnings(settings, tls.value, offset.value),
  });
};

const inContainer = ({ packaging }: EmqxSettings): boolean => packaging !== "package";

const emqxPorts = (settings: EmqxSettings, offset: number): Record<"distribution" | "rpc", Port> => ({
  distribution: { name: "distribution", port: DISTRIBUTION_BASE + offset, protocol: "tcp", peers: "cluster" },
  rpc: {
    name: "rpc",
    port: inContainer(settings) ? CONTAINER_RPC_PORT : RPC_BASE + offset,
    protocol: "tcp",
    peers: "cluster",
  },
});

/** In a variable, what looks like a number or a word of HOCON becomes one before EMQX looks at it. */
const HOCON_SCALAR = /^(?:[0-9]+(?:e[0-9-]+)?|true|false|null)$/i;

const emqxCookie = ({ settings, cookie }: Request): Result<string | null, Refusal> =>
  cookie !== null && inContainer(settings) && HOCON_SCALAR.test(cookie)
    ? refuse({
        code: "option-invalid",
        field: "cookie",
        detail:
          "the cluster's Erlang cookie reads as a number or a constant, which EMQX would not take from a variable as text; put another cookie into the cluster secret",
      })
    : flagCookie(cookie);

const configurationOf = (emqx: EmqxNode, { configDir }: EmqxSettings): RenderedFile => ({
  path: fileIn(configDir, "emqx.conf"),
  mode: "0640",
  ...ACCOUNT,
  content: configuration(emqx),
  mergeComment: "#",
});

const environmentOf = (emqx: EmqxNode, { configDir, packaging }: EmqxSettings): RenderedFile => ({
  path: fileIn(configDir, "emqx.env"),
  mode: "0640",
  ...ACCOUNT,
  content: environment(emqx, fileIn(defaultFolders("emqx", packaging).configDir, "ssl_dist.conf")),
  mergeComment: null,
});

const warnings = (
  settings: EmqxSettings,
  tls: DistributionTls,
  { wraps }: EmqxOffset,
): Rendering["warnings"] => [
  ...tlsWarnings(settings),
  ...warn(
    wraps && "emqx-offset-wraps",
    tls.protocol === "inet6_tls" && "emqx-inet6-5.4",
    settings.revocation === "file" && "emqx-rpc-crl",
    needsTlsVersions(tls) && "emqx-tls-versions-5.4",
  ),
];
