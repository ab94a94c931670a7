import type { Bootstrap } from "../auth/bootstrap.ts";
import type { GeneralName } from "../pki/general-name.ts";
import type { KeyType } from "../pki/key.ts";
import type { HostPattern, NamePattern } from "../node/node-patterns.ts";
import type { RenderSettings } from "./render-settings.ts";

export const PRODUCTS = ["rabbitmq", "emqx", "mongooseim", "erlang"] as const;

export type Product = (typeof PRODUCTS)[number];

/** One cluster, as the strict constructor of `clusters.ts` made it from the definitions. Durations are seconds. */
export interface ClusterDefinition {
  readonly id: string;
  readonly product: Product;
  readonly nodes: { readonly names: readonly NamePattern[]; readonly hosts: readonly HostPattern[] };
  readonly ca: { readonly secret: string };
  readonly certificate: {
    readonly lifetime: number;
    readonly maxLifetime: number;
    readonly keys: ReadonlySet<KeyType>;
    /** Names that every certificate carries. The only place that a wildcard can come from. */
    readonly extraNames: readonly GeneralName[];
    readonly nodeNames: ReadonlyMap<string, readonly GeneralName[]>;
    /** Lower-case hex SHA-256 of the SubjectPublicKeyInfo of keys that are refused. */
    readonly blockedKeys: ReadonlySet<string>;
  };
  readonly bootstrap: Bootstrap;
  readonly renewal: {
    /** Fraction of the lifetime, 0 < after < 1. */
    readonly after: number;
    readonly graceAfterExpiry: number;
    readonly graceUses: number;
  };
  readonly render: RenderSettings;
}

/** Every cluster of a deployment, by id. */
export type Clusters = ReadonlyMap<string, ClusterDefinition>;
