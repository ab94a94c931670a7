import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PRODUCTS, type Product } from "../../src/policy/definition.ts";
import { PRODUCT_PACKAGINGS } from "../../src/policy/render-folders.ts";
import { renderSettingsSchema } from "../../src/policy/render-schema.ts";
import { RELEASE_FORMS } from "../../src/policy/render-settings.ts";
import { rendererFor } from "../../src/render/renderers.ts";
import { nodeName, requestFor } from "./requests.ts";

const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,10}[a-z])?$/);
const host = fc.oneof(
  fc
    .array(label, { minLength: 1, maxLength: 4 })
    .map((labels) => `${labels.join(".")}${/^(?:[0-9]+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? "") ? "n" : ""}`),
  fc.ipV4(),
  fc.constantFrom("fd00:20::12", "::1"),
);
const node = fc
  .tuple(fc.stringMatching(/^[a-z0-9_][a-z0-9_-]{0,20}$/), host)
  .map(([name, text]) => nodeName(`${name}@${text}`));

const settingsFor = (product: Product) =>
  fc
    .record({
      packaging: fc.constantFrom(...PRODUCT_PACKAGINGS[product]),
      strategy: fc.constantFrom("optfile", "flags"),
      combined: fc.boolean(),
      tlsVersions: fc.constantFrom(["1.3", "1.2"], ["1.3"], ["1.2"]),
      ...(product === "erlang" && { release: fc.constantFrom(...RELEASE_FORMS), epmd: fc.boolean() }),
    })
    .map((input) => renderSettingsSchema(product).safeParse(input))
    .filter((result) => result.success)
    .map(({ data }) => data);

const requests = fc.constantFrom(...PRODUCTS).chain((product) =>
  fc.record({
    node,
    settings: settingsFor(product),
    portOffset: fc.oneof(fc.constant(null), fc.integer({ min: -2, max: 70_000 })),
    wildcard: fc.boolean(),
    cookie: fc.oneof(fc.constant(null), fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/)),
  }),
);

const CODES = ["option-invalid", "offset-conflict", "port-out-of-range", "malformed-request"];

describe("a renderer", () => {
  it("answers any request whose parts were parsed, and the same again for the same", () => {
    fc.assert(
      fc.property(requests, (request) => {
        const renderer = rendererFor(request.settings.product);
        const result = renderer.render(request);
        expect(renderer.render(request)).toEqual(result);
        if (!result.ok) {
          expect(CODES).toContain(result.error.code);
          // The node's name and the cookie are input, so no refusal repeats them.
          expect(result.error.detail).not.toContain(request.node.text);
        } else {
          expect(result.value.files.length).toBeGreaterThan(0);
          expect(result.value.files.every(({ content }) => /^[\r\n\x20-\x7e]+\n$/.test(content))).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("shows the cookie in at most one file, and never where everybody reads", () => {
    const cookie = "C00kie-canary_0123456789";
    fc.assert(
      fc.property(requests, (request) => {
        const result = rendererFor(request.settings.product).render({ ...request, cookie });
        if (!result.ok) return;
        const holders = result.value.files.filter(({ content }) => content.includes(cookie));
        expect(holders).toHaveLength(1);
        expect(holders[0]?.mode).toMatch(/^0(?:400|640)$/);
        const { files: _, ...rest } = result.value;
        expect(JSON.stringify(rest)).not.toContain(cookie);
      }),
    );
  });

  it("throws when it is handed another product's settings", () => {
    expect(() => rendererFor("emqx").render(requestFor("rabbitmq"))).toThrow(
      "settings of rabbitmq for a renderer of emqx",
    );
  });
});
