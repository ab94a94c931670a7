import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as wrangler from "wrangler";
import * as z from "zod";
import { COMPATIBILITY_DATE } from "../infra/workerd/config.ts";

const Config = z.object({
  name: z.string(),
  compatibility_date: z.string(),
  vars: z.record(z.string(), z.string()),
  durable_objects: z.object({ bindings: z.array(z.unknown()).min(1) }),
  ratelimits: z.array(z.object({ name: z.string(), namespace_id: z.string(), simple: z.unknown() })),
  triggers: z.unknown(),
  migrations: z.array(z.unknown()).min(1),
  observability: z.unknown(),
});

// Wrangler's types name packages that it does not bring, so what it exports has none.
const { unstable_readConfig: readConfig } = wrangler as unknown as {
  unstable_readConfig: (from: { config: string; env?: string }) => unknown;
};

const environment = (env?: string) =>
  Config.parse(readConfig({ config: "wrangler.toml", ...(env === undefined ? {} : { env }) }));

/** Wrangler inherits no binding: one that an environment does not name is missing there, and nothing says so before a request does. */
const bindingsOf = (env?: string) => {
  const { durable_objects, ratelimits, vars, triggers, migrations, observability } = environment(env);
  return {
    objects: durable_objects.bindings,
    limits: ratelimits.map(({ name, simple }) => ({ name, simple })),
    variables: Object.keys(vars),
    triggers,
    migrations,
    observability,
  };
};

describe.each(["production", "staging"])("%s", (name) => {
  it("has everything that the Worker is developed with", () => {
    expect(bindingsOf(name)).toEqual(bindingsOf());
  });
  it("has counters and a name of its own", () => {
    const own = environment(name);
    const others = [undefined, "production", "staging"]
      .filter((other) => other !== name)
      .map((other) => environment(other));
    expect(others.map((other) => other.name)).not.toContain(own.name);
    const taken = new Set(others.flatMap(({ ratelimits }) => ratelimits.map((limit) => limit.namespace_id)));
    expect(own.ratelimits.filter((limit) => taken.has(limit.namespace_id))).toEqual([]);
  });
  it("shows no secret: wrangler prints every variable", () => {
    expect(Object.keys(environment(name).vars).filter((key) => /TOKEN|KEY|SECRET/.test(key))).toEqual([]);
  });
});

it("counts under the names that the Worker looks for", () => {
  const text = readFileSync("src/index.ts", "utf8");
  for (const { name } of environment().ratelimits) expect(text).toContain(`env.${name}`);
});

it("a standalone workerd runs the bundle under the date that it was built for", () => {
  expect(environment().compatibility_date).toBe(COMPATIBILITY_DATE);
});
