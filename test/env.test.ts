import { describe, expect, it } from "vitest";
import { configure, type Environment } from "../src/env.ts";

const CLUSTER = {
  product: "rabbitmq",
  nodes: { names: ["rabbit"], hosts: ["*.prod.internal"] },
  ca: { secret: "interlock/mq" },
  bootstrap: [{ method: "token" }],
};
const BUNDLED = { clusters: { mq: CLUSTER } };
/** The problems, each as a line of text; none where the configuration holds. */
const problems = (env: Environment): readonly string[] => {
  const configuration = configure(env, BUNDLED);
  return configuration.ok ? [] : configuration.error.map(({ variable, problem }) => `${variable} ${problem}`);
};

describe("CLUSTERS", () => {
  const withClusters = (CLUSTERS: unknown) => ({ CA_STORE: "embedded", CLUSTERS });

  it.each<[string, unknown]>([
    ["text", JSON.stringify({ clusters: { other: CLUSTER } })],
    ["a JSON variable of the deployment", { clusters: { other: CLUSTER } }],
  ])("replaces the bundled definitions, as %s", (_form, clusters) => {
    const configuration = configure(withClusters(clusters), BUNDLED);
    expect(configuration.ok && [...configuration.value.clusters.keys()]).toEqual(["other"]);
  });

  it.each([
    ["nothing", ""],
    ["half a document", '{"clusters":{"mq":'],
    ["more than a document", "{} {}"],
  ])("is not JSON with %s", (_what, text) => {
    expect(problems(withClusters(text))).toEqual(["CLUSTERS is not JSON"]);
  });

  it("does not hold a member twice: a reader of the review would see the other one", () => {
    const text = JSON.stringify(BUNDLED).replace('"ca":', '"ca":{"secret":"interlock/reviewed"},"c\\u0061":');
    expect(problems(withClusters(text))).toEqual(["CLUSTERS has a member twice, or one named __proto__"]);
  });

  it("is refused by the path of what is wrong, as the bundled definitions are", () => {
    const wrong = { clusters: { mq: { ...CLUSTER, product: "kafka" } } };
    expect(problems(withClusters(wrong))[0]).toMatch(/^CLUSTERS#\/clusters\/mq\/product must be /);
    const bundled = configure({ CA_STORE: "embedded" }, wrong);
    expect(bundled.ok || bundled.error[0]?.variable).toBe("infra/clusters.json#/clusters/mq/product");
  });
});
