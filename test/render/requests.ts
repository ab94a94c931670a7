import { parseNodeName, type NodeName } from "../../src/node/node-name.ts";
import type { Product } from "../../src/policy/definition.ts";
import { renderSettingsSchema } from "../../src/policy/render-schema.ts";
import type { Refusal } from "../../src/refusal.ts";
import { rendererFor } from "../../src/render/renderers.ts";
import type { RenderedFile, RenderRequest, Rendering } from "../../src/render/renderer.ts";

/** A request as a test writes it: settings as a definition has them, everything else at rest. */
export interface Wish {
  readonly node?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly portOffset?: number;
  readonly wildcard?: boolean;
  readonly cookie?: string;
}

export const NODES = {
  rabbitmq: "rabbit@r1.nodes.example",
  emqx: "emqx1@192.168.0.11",
  mongooseim: "mongooseim@m1.nodes.example",
  erlang: "app@g1.nodes.example",
} as const satisfies Record<Product, string>;

export const requestFor = (product: Product, wish: Wish = {}): RenderRequest => ({
  node: nodeName(wish.node ?? NODES[product]),
  settings: renderSettingsSchema(product).parse(wish.settings ?? {}),
  portOffset: wish.portOffset ?? null,
  wildcard: wish.wildcard ?? false,
  cookie: wish.cookie ?? null,
});

/** The rendering of a wish that must succeed. */
export const rendered = (product: Product, wish: Wish = {}): Rendering => {
  const result = rendererFor(product).render(requestFor(product, wish));
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.detail}`);
  return result.value;
};

/** The refusal of a wish that must not succeed. */
export const refused = (product: Product, wish: Wish = {}): Refusal => {
  const result = rendererFor(product).render(requestFor(product, wish));
  if (result.ok) throw new Error("rendered");
  return result.error;
};

/** The file with this last segment of its path. */
export const fileNamed = (rendering: Rendering, name: string): RenderedFile => {
  const file = rendering.files.find(({ path }) => path.endsWith(`/${name}`));
  if (file === undefined)
    throw new Error(`no ${name} among ${rendering.files.map(({ path }) => path).join(", ")}`);
  return file;
};

export const nodeName = (text: string): NodeName => {
  const node = parseNodeName(text);
  if (!node.ok) throw new Error(`not a node name: ${text}`);
  return node.value;
};
