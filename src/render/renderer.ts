import type { NodeName } from "../node/node-name.ts";
import type { RenderSettings } from "../policy/render-settings.ts";
import type { Refusal } from "../refusal.ts";
import type { Result } from "../result.ts";

/** What a renderer may know. All of it has passed a parser, so all of it can be printed in every format. */
export interface RenderRequest<S extends RenderSettings = RenderSettings> {
  readonly node: NodeName;
  /** The cluster's settings with the caller's options laid over them. */
  readonly settings: S;
  /** As the caller gave it; `null` when not given. */
  readonly portOffset: number | null;
  /** Whether a name of the certificate is a wildcard: peers then need `customize_hostname_check` (`erlang.md` §2). */
  readonly wildcard: boolean;
  /** The Erlang cookie to deliver, or `null`. */
  readonly cookie: string | null;
}

/** How a file is installed. */
export interface FileAttributes {
  readonly path: string;
  /** Octal with a leading zero, as in `0640`. */
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
}

export interface RenderedFile extends FileAttributes {
  readonly content: string;
  /**
   * The comment leader (`#`, `rem`) of a file that other people's settings share: the `sh` form merges the content as a marked block.
   * `null`: the file is ours alone and is replaced.
   */
  readonly mergeComment: "#" | "rem" | null;
}

export interface Port {
  readonly name: string;
  readonly port: number;
  /** The end of a range, where the product uses one. */
  readonly lastPort?: number;
  readonly protocol: "tcp";
  /** Who must reach it: the cluster's nodes, the product's clients, or command line tools on the node itself. */
  readonly peers: "cluster" | "clients" | "tools";
}

/** Everything about one node but its certificate. */
export interface Rendering {
  readonly portOffset: number;
  readonly ports: readonly Port[];
  /** Ports that follow from the node's name alone: two nodes of one host with one of these in common cannot both run. */
  readonly exclusivePorts: readonly number[];
  readonly files: readonly RenderedFile[];
  /** Where the certificate chain and the CA bundle go; the API fills in their content. */
  readonly certificate: FileAttributes;
  readonly caBundle: FileAttributes;
  readonly privateKey: FileAttributes;
  /** The file of certificate and key that `apply.prepare` makes; `null` where the configuration names them apart. */
  readonly combined: FileAttributes | null;
  /** Where CRL files go, which the API adds: the path is the folder's, the rest each file's. `null`: nobody looks whether a peer is revoked. */
  readonly crlFolder: FileAttributes | null;
  readonly apply: {
    /** Shell commands to run on the node before the product starts, such as making a combined file. */
    readonly prepare: readonly string[];
    readonly effect: "restart";
    readonly commands: readonly string[];
  };
  readonly warnings: readonly Warning[];
}

export interface Warning {
  readonly code: string;
  readonly detail: string;
}

/** Renders one product's inter-node TLS configuration. */
export interface Renderer {
  /**
   * Pure and deterministic. Refuses with `option-invalid`, `offset-conflict`, `port-out-of-range` or `malformed-request`
   * what the product cannot have; never throws on a request whose parts passed their parsers.
   */
  render(request: RenderRequest): Result<Rendering, Refusal>;
}
