import { fileIn } from "../../policy/install-path.ts";
import type { RenderSettings } from "../../policy/render-settings.ts";
import { refuse, type Refusal } from "../../refusal.ts";
import { ok, type Result } from "../../result.ts";
import type { RenderedFile, Rendering } from "../renderer.ts";
import { warn } from "../warnings.ts";
import { haproxyFile } from "./haproxy.ts";
import { listenersOf, type Listener } from "./listeners.ts";
import { emqxLoopback, rabbitmqLoopback } from "./loopback.ts";
import { networkPolicyFile } from "./network-policy.ts";
import { nftablesFile, type NodeFirewall } from "./nftables.ts";
import { nginxFile } from "./nginx.ts";
import { securityGroupFile } from "./security-group.ts";

/** What is rendered beside a node's own files, on request: `proxy` is HAProxy. */
export const COMPANIONS = ["proxy", "nginx", "firewall"] as const;

export type Companion = (typeof COMPANIONS)[number];

export interface CompanionRequest extends NodeFirewall {
  readonly companion: Companion;
  readonly settings: RenderSettings;
  readonly files: readonly RenderedFile[];
}

type Accompanied = Pick<Rendering, "files" | "warnings">;

/** The node's files with what was asked for beside them, and what to know about that. Refuses with `option-invalid` what the product or its packaging cannot have. */
export const withCompanion = (request: CompanionRequest): Result<Accompanied, Refusal> => {
  if (request.companion === "firewall") return withFirewall(request);
  const { settings, files, portOffset, companion } = request;
  const listeners = listenersOf(settings, portOffset);
  if (listeners === null) return invalid("with", "a proxy is rendered for rabbitmq and emqx");
  if (settings.packaging !== "package")
    return invalid("with", "a proxy is rendered for packaging package: a container's loopback is its own");
  if (listeners.some(({ edge, broker }) => Math.max(edge, broker) > 65535))
    return refuse({
      code: "port-out-of-range",
      field: "portOffset",
      detail: "with this offset a port of the proxy would be above 65535; give a smaller portOffset",
    });
  const proxy = companion === "nginx" ? nginxFile(listeners) : haproxyFile(listeners);
  return ok({
    files: [...onLoopback(settings, files, listeners), proxy],
    warnings: warn(settings.product === "rabbitmq" && "rabbitmq-proxy-guest"),
  });
};

const onLoopback = (
  settings: RenderSettings,
  files: readonly RenderedFile[],
  listeners: readonly Listener[],
): readonly RenderedFile[] => {
  if (settings.product === "rabbitmq") return [...files, rabbitmqLoopback(settings.configDir, listeners)];
  const path: string = fileIn(settings.configDir, "emqx.conf");
  return files.map((file) =>
    file.path === path ? { ...file, content: file.content + emqxLoopback(listeners) } : file,
  );
};

const withFirewall = ({ files, settings, ...firewall }: CompanionRequest): Result<Accompanied, Refusal> => {
  const { cluster, ports, peers } = firewall;
  if (settings.packaging === "windows") return invalid("with", "firewall rules are rendered for Linux");
  if (settings.packaging === "kubernetes") return accompanied([...files, networkPolicyFile(cluster, ports)]);
  if (peers.length === 0)
    return invalid("peers", "firewall rules need the nodes' addresses: give peers, such as 10.20.0.0/24");
  return accompanied([...files, nftablesFile(firewall), securityGroupFile(cluster, ports, peers)]);
};

const accompanied = (files: readonly RenderedFile[]): Result<Accompanied, Refusal> =>
  ok({ files, warnings: [] });

const invalid = (field: string, detail: string): Result<never, Refusal> =>
  refuse({ code: "option-invalid", field, detail });
