import type { InstallPath } from "./install-path.ts";
import type { Packaging } from "./render-folders.ts";

export const STRATEGIES = ["optfile", "flags"] as const;
/** Whether nodes check that a peer's certificate is not revoked: by a folder of CRL files, the one form that every OTP has (`erlang.md` §12). */
export const REVOCATION_CHECKS = ["none", "file"] as const;
export const TLS_VERSIONS = ["1.3", "1.2"] as const;
/** How a release of one's own takes its emulator flags (`erlang.md` §10). */
export const RELEASE_FORMS = ["vm-args", "elixir", "erl-flags", "ejabberd"] as const;

export type Strategy = (typeof STRATEGIES)[number];
export type RevocationCheck = (typeof REVOCATION_CHECKS)[number];
export type TlsVersion = (typeof TLS_VERSIONS)[number];
export type ReleaseForm = (typeof RELEASE_FORMS)[number];

/** How a cluster's configuration is rendered. The parser has checked that its parts fit together (`render-rules.ts`). */
export type RenderSettings = RabbitmqSettings | EmqxSettings | MongooseimSettings | ErlangSettings;

interface CommonSettings {
  readonly packaging: Packaging;
  /** Where the TLS options stand: in an option file, or on the emulator's command line. */
  readonly strategy: Strategy;
  /** One file holds certificate and key; it is made on the node, because the key never leaves it. */
  readonly combined: boolean;
  readonly certsDir: InstallPath;
  readonly configDir: InstallPath;
  /** Newest first, without duplicates. */
  readonly tlsVersions: readonly TlsVersion[];
  /** Whether bundles deliver the cluster's Erlang cookie. */
  readonly cookie: boolean;
  readonly revocation: RevocationCheck;
}

export interface RabbitmqSettings extends CommonSettings {
  readonly product: "rabbitmq";
  /** The command line tools listen on `distribution` + 10000 and ten more, as RabbitMQ's networking guide has it. */
  readonly ports: { readonly amqp: number; readonly distribution: number };
}

/** The node's name decides the ports (`erlang.md` §8). */
export interface EmqxSettings extends CommonSettings {
  readonly product: "emqx";
}

/** A range of distribution ports; command line tools need one of them beside the server's. */
interface DistributionRange {
  readonly distribution: number;
  readonly length: number;
}

export interface MongooseimSettings extends CommonSettings {
  readonly product: "mongooseim";
  readonly ports: DistributionRange;
}

export interface ErlangSettings extends CommonSettings {
  readonly product: "erlang";
  readonly release: ReleaseForm;
  /** False: no port mapper; every node of the cluster listens on the one distribution port. */
  readonly epmd: boolean;
  /** The system user and group that the release runs as. */
  readonly user: string;
  readonly ports: DistributionRange;
}
