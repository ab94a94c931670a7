import { describe, expect, test } from "vitest";
import type { Product } from "../../src/policy/definition.ts";
import { remembering } from "../../src/render/remembering.ts";
import type { Renderer } from "../../src/render/renderer.ts";
import { rendererFor } from "../../src/render/renderers.ts";
import { nodeName, requestFor } from "./requests.ts";

/** The real renderers, and how often they were asked. */
const counted = () => {
  let renderings = 0;
  return {
    times: () => renderings,
    rendererFor: (product: Product): Renderer => ({
      render: (request) => {
        renderings += 1;
        return rendererFor(product).render(request);
      },
    }),
  };
};

const REQUEST = requestFor("rabbitmq");
const FLAGS = requestFor("rabbitmq", { settings: { strategy: "flags" } });
const CLUSTERS = [
  { id: "mq", render: REQUEST.settings },
  { id: "flags", render: FLAGS.settings },
];

describe("a rendering that was made before", () => {
  test("is not made again, and is what the renderer makes", () => {
    const real = counted();
    const renderer = remembering(real.rendererFor, CLUSTERS)("rabbitmq");
    const first = renderer.render(REQUEST);
    expect(first).toEqual(rendererFor("rabbitmq").render(REQUEST));
    expect(renderer.render({ ...REQUEST, node: nodeName(REQUEST.node.text) })).toBe(first);
    expect(real.times()).toBe(1);
  });

  test.each([
    ["another node", { node: nodeName("rabbit@r2.nodes.example") }],
    ["another port offset", { portOffset: 100 }],
    ["a wildcard certificate", { wildcard: true }],
    ["another cluster", { settings: FLAGS.settings }],
  ])("does not stand for %s", (_, change) => {
    const renderer = remembering(rendererFor, CLUSTERS)("rabbitmq");
    renderer.render(REQUEST);
    expect(renderer.render({ ...REQUEST, ...change })).toEqual(
      rendererFor("rabbitmq").render({ ...REQUEST, ...change }),
    );
  });

  test("does not stand for another product", () => {
    const remembered = remembering(rendererFor, CLUSTERS);
    remembered("rabbitmq").render(REQUEST);
    expect(() => remembered("emqx").render(REQUEST)).toThrow("settings of rabbitmq for a renderer of emqx");
  });

  test("may be a refusal", () => {
    const renderer = remembering(rendererFor, CLUSTERS)("rabbitmq");
    const refusals = [1, 2].map(() => renderer.render({ ...REQUEST, portOffset: 60_000 }));
    expect(refusals[0]).toMatchObject({ ok: false, error: { code: "port-out-of-range" } });
    expect(refusals[1]).toBe(refusals[0]);
  });
});

test("a rendering with a cookie is never kept", () => {
  const real = counted();
  const renderer = remembering(real.rendererFor, CLUSTERS)("rabbitmq");
  for (const cookie of ["FIRSTCOOKIEFIRSTCOOKIE", "SECONDCOOKIESECONDCOOK"]) {
    const rendered = renderer.render({ ...REQUEST, cookie });
    expect(JSON.stringify(rendered)).toContain(cookie);
  }
  expect(JSON.stringify(renderer.render(REQUEST))).not.toContain("COOKIE");
  expect(real.times()).toBe(3);
});

test("settings that a caller chose are rendered every time", () => {
  const real = counted();
  const renderer = remembering(real.rendererFor, CLUSTERS)("rabbitmq");
  const chosen = { ...REQUEST, settings: { ...REQUEST.settings, combined: true } };
  for (let i = 0; i < 2; i += 1)
    expect(renderer.render(chosen)).toEqual(rendererFor("rabbitmq").render(chosen));
  expect(real.times()).toBe(2);
});

test("beyond its limit the oldest is forgotten", () => {
  const real = counted();
  const renderer = remembering(real.rendererFor, CLUSTERS, 2)("rabbitmq");
  for (const n of [1, 2, 3, 3, 1])
    renderer.render({ ...REQUEST, node: nodeName(`rabbit@r${String(n)}.nodes.example`) });
  expect(real.times()).toBe(4);
});
