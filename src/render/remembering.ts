import { boundedMap, type BoundedMap } from "../bounded-map.ts";
import type { Product } from "../policy/definition.ts";
import type { RenderSettings } from "../policy/render-settings.ts";
import type { Refusal } from "../refusal.ts";
import type { Result } from "../result.ts";
import type { Renderer, RenderRequest, Rendering } from "./renderer.ts";

/** Of each cluster: as many nodes as boot at once, in two megabytes. */
const LIMIT = 512;

type Rendered = Result<Rendering, Refusal>;

/**
 * The same renderers with a memory. They are pure, and a retry asks for what was rendered a moment ago (`npm run bench`, replay): by the
 * identity of its settings, which are those of the definition unless the caller chose others, and by all else that is in the request.
 *
 * What holds a cookie is not kept: it lives where the CA's secret does, and ends with it (docs/adr/0010-custody.md).
 */
export const remembering = (
  rendererFor: (product: Product) => Renderer,
  limit = LIMIT,
): ((product: Product) => Renderer) => {
  const memories = new WeakMap<RenderSettings, BoundedMap<Rendered>>();
  const memoryOf = (settings: RenderSettings): BoundedMap<Rendered> => {
    const memory = memories.get(settings) ?? boundedMap<Rendered>(limit);
    memories.set(settings, memory);
    return memory;
  };
  return (product) => ({
    render: (request) => {
      if (request.cookie !== null) return rendererFor(product).render(request);
      const memory = memoryOf(request.settings);
      const key = keyOf(product, request);
      const known = memory.get(key);
      if (known !== undefined) return known;
      const rendered = rendererFor(product).render(request);
      memory.set(key, rendered);
      return rendered;
    },
  });
};

const keyOf = (product: Product, { node, portOffset, wildcard }: RenderRequest): string =>
  JSON.stringify([product, node.text, portOffset, wildcard]);
