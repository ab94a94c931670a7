import { describe, expect, it } from "vitest";
import { applyTo, type Apply, type NodeBefore } from "../../src/render/apply.ts";
import type { Rendering } from "../../src/render/renderer.ts";
import { NODES, rendered } from "./requests.ts";

const RUNNING: NodeBefore = { have: null, running: true };
const NEW: NodeBefore = { have: null, running: false };

const effects = ({ effect, commands, restart }: Apply): unknown => [effect, commands, restart];
const configuration = async (rendering: Rendering): Promise<string> =>
  (await applyTo(rendering, NEW)).configuration;

const RESTARTS = {
  rabbitmq: ["systemctl restart rabbitmq-server"],
  emqx: ["systemctl restart emqx"],
  mongooseim: ["systemctl restart mongooseim"],
  erlang: [],
} as const;

describe.each(["rabbitmq", "emqx", "mongooseim", "erlang"] as const)(
  "what a node of %s has to do",
  (product) => {
    const bundle = rendered(product);
    const restart = RESTARTS[product];

    it("is to start anew for its first bundle", async () => {
      expect(effects(await applyTo(bundle, NEW))).toEqual(["restart", restart, restart]);
    });
    it("is nothing where the configuration is the one that it has, whoever asks", async () => {
      const have = await configuration(bundle);
      expect(effects(await applyTo(bundle, { ...NEW, have }))).toEqual(["none", [], restart]);
      expect(effects(await applyTo(bundle, { ...RUNNING, have }))).toEqual(["none", [], restart]);
    });
    it("is to start anew where the configuration is another, also for a renewal", async () => {
      const have = await configuration(rendered(product, { settings: { tlsVersions: ["1.2"] } }));
      expect(effects(await applyTo(bundle, { ...RUNNING, have }))).toEqual(["restart", restart, restart]);
    });
    it("is nothing for a renewal that does not say what the node has, on a condition", async () => {
      const apply = await applyTo(bundle, RUNNING);
      expect(effects(apply)).toEqual(["none", [], restart]);
      expect(apply.detail).toMatch(
        /^if the node runs with these very configuration files.*otherwise restart/,
      );
    });
  },
);

describe("a configuration", () => {
  it("is the same for the same files, and another for another place, port or cookie", async () => {
    const wishes = [
      {},
      { settings: { certsDir: "/etc/elsewhere" } },
      { portOffset: 1 },
      { cookie: "secret", settings: { cookie: true } },
      { settings: { strategy: "flags" } },
    ];
    const digests = await Promise.all(wishes.map((wish) => configuration(rendered("rabbitmq", wish))));
    expect(new Set(digests).size).toBe(wishes.length);
    expect(await configuration(rendered("rabbitmq", { node: NODES.rabbitmq }))).toBe(digests[0]);
  });
  it("keeps its preparation, which a change of the certificate alone needs too", async () => {
    const bundle = rendered("rabbitmq", { settings: { combined: true } });
    const apply = await applyTo(bundle, { ...RUNNING, have: await configuration(bundle) });
    expect(apply).toMatchObject({ effect: "none", prepare: [expect.stringContaining("node_key.pem")] });
  });
});
