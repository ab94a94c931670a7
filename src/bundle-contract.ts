import type { Authenticator } from "./auth/authenticator.ts";
import type { BoundedMap } from "./bounded-map.ts";
import type { Credential } from "./auth/credential.ts";
import type { Custody } from "./custody/custody.ts";
import type { IssuedCertificate, Ledger } from "./ledger/ledger.ts";
import type { NodeName } from "./node/node-name.ts";
import type { ProofMemory } from "./pki/proof-memory.ts";
import type { ClusterDefinition, Product } from "./policy/definition.ts";
import type { Apply } from "./render/apply.ts";
import type { RenderOptions } from "./render/options.ts";
import type { Refusal } from "./refusal.ts";
import type { Renderer, Rendering, Warning } from "./render/renderer.ts";

/** One call of the main job, decoded: every part has passed its parser, none is believed yet. */
export interface BundleRequest {
  readonly cluster: ClusterDefinition;
  readonly node: NodeName;
  /** The CSR's DER. */
  readonly csr: Uint8Array<ArrayBuffer>;
  readonly credential: Credential;
  readonly options: BundleOptions;
  /** Why the reply could not be written in the form that was asked for, or `null`: asked before anything changes. */
  readonly refuseForm: (rendering: Rendering) => Refusal | null;
  /** Scheme and authority of this API, as audiences name it. */
  readonly origin: string;
}

export interface BundleOptions extends RenderOptions {
  readonly portOffset: number | null;
  /** Seconds; `null` takes the cluster's default. */
  readonly lifetime: number | null;
  /** A new certificate although the recorded one is not due for renewal. */
  readonly renewNow: boolean;
  /** The `configuration` that the node has, as an earlier reply named it. */
  readonly have: string | null;
  /** Everything is checked, nothing is bound, recorded or signed. */
  readonly dryRun: boolean;
}

/** Everything outside: the clock, randomness, the CA's custody, the ledgers and the implementations that `index.ts` chose. */
export interface World {
  /** Epoch seconds, once a request. */
  readonly now: number;
  readonly random: (length: number) => Uint8Array<ArrayBuffer>;
  readonly custody: Custody;
  readonly authenticators: readonly Authenticator[];
  readonly proofs: ProofMemory;
  /** Which keys of which nodes had a certificate reserved for them (`servedName`). */
  readonly served: BoundedMap<true>;
  readonly ledgerOf: (cluster: string) => Ledger;
  readonly rendererFor: (product: Product) => Renderer;
}

/** A CRL as a file of a folder that Erlang searches. */
export interface CrlFile {
  /** `<hash of the issuer's name>.r0`. */
  readonly name: string;
  readonly pem: string;
}

/** What a node gets: its certificate and everything that it needs to use it. */
export interface Bundle {
  readonly cluster: string;
  readonly product: Product;
  readonly node: NodeName;
  readonly rendering: Rendering;
  readonly apply: Apply;
  /** `null` for a dry run. */
  readonly certificate: IssuedCertificate | null;
  readonly names: readonly string[];
  readonly caBundle: string;
  readonly caGeneration: number;
  /** The files of `rendering.crlFolder`. */
  readonly crls: readonly CrlFile[];
  readonly warnings: readonly Warning[];
  /** Whether this certificate had been given out before. */
  readonly replay: boolean;
}
