import type { ErlangSettings } from "../../policy/render-settings.ts";
import { protocolFlags, separateTlsFlags } from "../distribution/flags.ts";
import type { DistributionTls } from "../distribution/tls.ts";
import type { RenderedFile, RenderRequest } from "../renderer.ts";
import { erlFlag, type ErlFlag } from "../text/erl-flag.ts";

/** One node of a release, as each form of configuration needs to know it. */
export interface ReleaseNode {
  readonly request: RenderRequest<ErlangSettings>;
  readonly tls: DistributionTls;
  /** The distribution ports, both inclusive. */
  readonly firstPort: number;
  readonly lastPort: number;
  readonly cookie: string | null;
}

/** One way in which releases take emulator flags (`erlang.md` §10). */
export type ReleaseFiles = (release: ReleaseNode) => readonly RenderedFile[];

export const tlsFlags = (tls: DistributionTls): readonly ErlFlag[] => [
  ...protocolFlags(tls),
  ...(tls.optionFile === null ? separateTlsFlags(tls) : []),
];

/** Where the node listens: a range that epmd hands out, or one port that every node of the cluster expects. */
export const listenFlags = ({ request, firstPort, lastPort }: ReleaseNode): readonly ErlFlag[] =>
  request.settings.epmd
    ? [
        erlFlag("kernel", [
          "inet_dist_listen_min",
          String(firstPort),
          "inet_dist_listen_max",
          String(lastPort),
        ]),
      ]
    : [erlFlag("start_epmd", ["false"]), erlFlag("erl_epmd_port", [String(firstPort)])];

export const cookieFlag = (cookie: string | null): readonly ErlFlag[] =>
  cookie === null ? [] : [erlFlag("setcookie", [cookie])];

/** A file with settings of the release in it besides ours. */
export const releaseFile = (
  { request }: ReleaseNode,
  path: string,
  content: string,
  mergeComment: RenderedFile["mergeComment"],
): RenderedFile => {
  const { user } = request.settings;
  return { path, mode: "0640", owner: user, group: user, content, mergeComment };
};
