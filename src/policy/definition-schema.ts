import * as z from "zod/mini";
import { KEY_TYPES } from "../pki/key.ts";
import { MIN_LIFETIME_SECONDS } from "../pki/profile.ts";
import { loadBootstrapSchema, type BootstrapSchema } from "./bootstrap-schema.ts";
import type { Product } from "./definition.ts";
import {
  blockedKey,
  DAY,
  described,
  duration,
  extraName,
  fraction,
  hostPattern,
  namePattern,
  nodeName,
  secretName,
} from "./definition-values.ts";
import type { NamedKinds } from "./named-kinds.ts";
import { renderSettingsSchema } from "./render-schema.ts";

/**
 * The shape of `infra/clusters.json`, member by member. Rules that span members are in `cluster-rules.ts`. The JSON Schema that
 * editors read is made from this (`npm run schema`).
 */

/** Longer than any certificate of a node should live, and short enough that no date overflows. */
const MAX_LIFETIME = 398 * DAY;

const certificate = z.strictObject({
  lifetime: described(
    z.prefault(duration(MIN_LIFETIME_SECONDS, MAX_LIFETIME), "30d"),
    "How long a certificate lives unless the caller asks for less or more.",
  ),
  maxLifetime: described(
    z.prefault(duration(MIN_LIFETIME_SECONDS, MAX_LIFETIME), "90d"),
    "The most that a caller may ask for.",
  ),
  keys: z.prefault(
    z
      .array(z.enum(KEY_TYPES, { error: `must be one of ${KEY_TYPES.join(", ")}` }))
      .check(z.minLength(1, { error: "must accept at least one key type" })),
    ["ec-p256", "ec-p384", "rsa-2048", "rsa-3072", "rsa-4096"],
  ),
  extraNames: described(
    z.prefault(z.array(extraName), []),
    "Names that every certificate of the cluster carries; the only place of a wildcard.",
  ),
  nodeNames: described(
    z.prefault(z.record(z.string(), z.array(nodeName)), {}),
    "Extra names of single nodes, by full node name.",
  ),
  blockedKeys: described(
    z.prefault(z.array(blockedKey), []),
    "SHA-256 of the SubjectPublicKeyInfo of keys that are refused, in hex.",
  ),
});

const nodes = z.strictObject({
  names: z.array(namePattern).check(z.minLength(1, { error: "must have at least one name" })),
  hosts: z.array(hostPattern).check(z.minLength(1, { error: "must have at least one host" })),
});

const ca = z.strictObject({
  secret: secretName,
  sharedCa: described(
    z.prefault(z.boolean(), false),
    "Two clusters that name one secret must both say so: each can then enter the other.",
  ),
});

const renewal = z.strictObject({
  after: described(z.prefault(fraction, "2/3"), "The fraction of the lifetime after which a node renews."),
  graceAfterExpiry: described(
    z.prefault(duration(0, 30 * DAY), "0s"),
    "How long an expired certificate still renews; the ledger remembers it no longer.",
  ),
  graceUses: described(
    z.prefault(z.int().check(z.minimum(1), z.maximum(100)), 1),
    "How many times a node may renew so.",
  ),
});

const clusterOf = (product: Product, bootstrap: BootstrapSchema) =>
  z.strictObject({
    product: z.literal(product),
    nodes,
    ca,
    certificate: z.prefault(certificate, {}),
    bootstrap: described(bootstrap, "The credential kinds that the cluster accepts for a first certificate."),
    renewal: z.prefault(renewal, {}),
    render: z.prefault(renderSettingsSchema(product), {}),
  });

const clusterSchema = (products: readonly Product[], bootstrap: BootstrapSchema) => {
  const [first = "rabbitmq", ...others] = products;
  return z.discriminatedUnion(
    "product",
    [clusterOf(first, bootstrap), ...others.map((product) => clusterOf(product, bootstrap))],
    { error: "must be an object whose product is rabbitmq, emqx, mongooseim or erlang" },
  );
};

const clusterId = z
  .string()
  .check(z.regex(/^[a-z0-9-]{1,63}$/, { error: "must be 1 to 63 characters of a-z, 0-9 and -" }));

/** The schema of a document that names these kinds. To make one for every kind costs a cold isolate more than to use it. */
export const loadClustersSchema = async ({ products, methods }: NamedKinds) =>
  clustersSchema(clusterSchema(products, await loadBootstrapSchema(methods)));

export type ClustersSchema = Awaited<ReturnType<typeof loadClustersSchema>>;

const clustersSchema = (cluster: ReturnType<typeof clusterSchema>) =>
  z.strictObject({
    $schema: z.optional(z.string()),
    clusters: z
      .record(clusterId, cluster)
      .check(
        z.refine((clusters) => Object.keys(clusters).length > 0, { error: "must have at least one cluster" }),
      ),
  });

/** One entry of the document, parsed but not yet held against `cluster-rules.ts`. */
export type ClusterEntry = z.output<ReturnType<typeof clusterSchema>>;
