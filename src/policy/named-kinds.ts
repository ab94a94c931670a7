import { EVIDENCE_METHODS, type EvidenceMethod } from "./bootstrap-schema.ts";
import { PRODUCTS, type Product } from "./definition.ts";

/** What definitions are about, as far as it says which schemas they need. */
export interface NamedKinds {
  readonly products: readonly Product[];
  readonly methods: readonly EvidenceMethod[];
}

export const ALL_KINDS: NamedKinds = { products: PRODUCTS, methods: EVIDENCE_METHODS };

/**
 * The products and kinds of credential that a document names, which may be anything yet: what is not found here has no schema, and a
 * definition that needs it is refused.
 */
export const namedKinds = (json: unknown): NamedKinds => {
  const clusters = valuesOf(memberOf(json, "clusters"));
  const products = new Set(clusters.map((cluster) => memberOf(cluster, "product")));
  const entries = clusters.flatMap((cluster) => valuesOf(memberOf(cluster, "bootstrap")));
  const methods = new Set(entries.map((entry) => memberOf(entry, "method")));
  return {
    products: PRODUCTS.filter((product) => products.has(product)),
    methods: EVIDENCE_METHODS.filter((method) => methods.has(method)),
  };
};

const memberOf = (json: unknown, name: string): unknown =>
  isObject(json) && Object.hasOwn(json, name) ? json[name] : undefined;

const valuesOf = (json: unknown): readonly unknown[] => (isObject(json) ? Object.values(json) : []);

const isObject = (json: unknown): json is Readonly<Record<string, unknown>> =>
  typeof json === "object" && json !== null;
