import type { Result } from "../result.ts";
import type { Refusal } from "../refusal.ts";
import type { Product } from "../policy/definition.ts";
import { renderEmqx } from "./emqx/emqx.ts";
import { renderErlang } from "./erlang/erlang.ts";
import { renderMongooseim } from "./mongooseim/mongooseim.ts";
import { renderRabbitmq } from "./rabbitmq/rabbitmq.ts";
import type { Renderer, RenderRequest, Rendering } from "./renderer.ts";

/** The renderer of a product's clusters. It throws when it is handed the settings of another product: that is a fault of ours. */
export const rendererFor = (product: Product): Renderer => ({
  render: (request) => {
    if (request.settings.product !== product)
      throw new Error(`settings of ${request.settings.product} for a renderer of ${product}`);
    return render(request);
  },
});

const render = ({ settings, ...request }: RenderRequest): Result<Rendering, Refusal> => {
  switch (settings.product) {
    case "rabbitmq":
      return renderRabbitmq({ ...request, settings });
    case "emqx":
      return renderEmqx({ ...request, settings });
    case "mongooseim":
      return renderMongooseim({ ...request, settings });
    case "erlang":
      return renderErlang({ ...request, settings });
  }
};
