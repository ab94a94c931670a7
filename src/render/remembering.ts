import { boundedMap } from "../bounded-map.ts";
import type { ClusterDefinition, Product } from "../policy/definition.ts";
import type { RenderSettings } from "../policy/render-settings.ts";
import type { Refusal } from "../refusal.ts";
import type { Result } from "../result.ts";
import type { Renderer, RenderRequest, Rendering } from "./renderer.ts";

/** Of one isolate, whatever number of clusters it serves: some four megabytes. */
const LIMIT = 1024;

type Rendered = Result<Rendering, Refusal>;

/**
 * The same renderers with a memory. They are pure, and a retry asks for what was rendered a moment ago (`npm run bench`, replay): by its
 * cluster, whose settings stay as they are, and all else that is in the request. Settings that a caller chose are not remembered.
 *
 * What holds a cookie is not kept: it lives where the CA's secret does, and ends with it (docs/adr/0010-custody.md).
 */
export const remembering = (
  rendererFor: (product: Product) => Renderer,
  clusters: Iterable<Pick<ClusterDefinition, "id" | "render">>,
  limit = LIMIT,
): ((product: Product) => Renderer) => {
  const clusterOf = new Map<RenderSettings, string>([...clusters].map(({ id, render }) => [render, id]));
  const memory = boundedMap<Rendered>(limit);
  return (product) => {
    const renderer = rendererFor(product);
    return {
      render: (request) => {
        const cluster = clusterOf.get(request.settings);
        if (cluster === undefined || request.cookie !== null) return renderer.render(request);
        const key = keyOf(cluster, product, request);
        const known = memory.get(key);
        if (known !== undefined) return known;
        const rendered = renderer.render(request);
        memory.set(key, rendered);
        return rendered;
      },
    };
  };
};

/** Whatever else a request may come to hold is part of it. */
const keyOf = (
  cluster: string,
  product: Product,
  { settings: _settings, cookie: _cookie, node, ...others }: RenderRequest,
): string => JSON.stringify([cluster, product, node.text, others]);
