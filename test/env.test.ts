import { describe, expect, it } from "vitest";
import { configure, type Environment } from "../src/env.ts";

const CLUSTER = {
  product: "rabbitmq",
  nodes: { names: ["rabbit"], hosts: ["*.prod.internal"] },
  ca: { secret: "interlock/mq" },
  bootstrap: [{ method: "token" }],
};
const BUNDLED = { clusters: { mq: CLUSTER } };
const AWS = {
  CA_STORE: "aws",
  AWS_REGION: "eu-central-1",
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "example",
};

/** The problems, each as a line of text; none where the configuration holds. */
const problems = async (env: Environment): Promise<readonly string[]> => {
  const configuration = await configure(env, BUNDLED);
  return configuration.ok ? [] : configuration.error.map(({ variable, problem }) => `${variable} ${problem}`);
};

describe("configure", () => {
  it("needs nothing but the store, and fills in the rest", async () => {
    expect(await configure({ CA_STORE: "embedded" }, BUNDLED)).toMatchObject({
      ok: true,
      value: {
        store: { kind: "embedded" },
        adminToken: null,
        administrators: [],
        publicOrigin: null,
        notify: null,
        caCacheSeconds: 300,
        caStaleSeconds: 3600,
      },
    });
  });

  it("gives AWS its access, with null for what is absent, as a standalone workerd says it too", async () => {
    const store = {
      kind: "aws",
      region: "eu-central-1",
      accessKeyId: "AKIDEXAMPLE",
      secretAccessKey: "example",
      sessionToken: null,
      endpoint: null,
    };
    expect(await configure({ ...AWS, AWS_ENDPOINT_URL: null }, BUNDLED)).toMatchObject({
      ok: true,
      value: { store },
    });
  });

  it("takes where notices go, on this machine without TLS", async () => {
    const key = "k".repeat(32);
    for (const url of ["https://hooks.example.com/interlock?a=b", "http://127.0.0.1:8080/"]) {
      expect(
        await configure({ CA_STORE: "embedded", NOTIFY_URL: url, NOTIFY_KEY: key }, BUNDLED),
      ).toMatchObject({
        ok: true,
        value: { notify: { url, key } },
      });
    }
  });

  it.each<[string, Environment, string]>([
    [
      "notices in plain text",
      { CA_STORE: "embedded", NOTIFY_URL: "http://hooks.example.com/", NOTIFY_KEY: "k".repeat(32) },
      "NOTIFY_URL must be an https:// URL; http:// is for localhost alone",
    ],
    [
      "notices without a key",
      { CA_STORE: "embedded", NOTIFY_URL: "https://hooks.example.com/" },
      "NOTIFY_KEY must be set where the other of NOTIFY_URL and NOTIFY_KEY is",
    ],
    [
      "a key without notices",
      { CA_STORE: "embedded", NOTIFY_KEY: "k".repeat(32) },
      "NOTIFY_URL must be set where the other of NOTIFY_URL and NOTIFY_KEY is",
    ],
    [
      "a short key",
      { CA_STORE: "embedded", NOTIFY_URL: "https://hooks.example.com/", NOTIFY_KEY: "short" },
      "NOTIFY_KEY must be at least 32 characters, from 32 random bytes",
    ],
    ["no store", {}, "CA_STORE must be embedded or aws"],
    ["an empty store", { CA_STORE: "" }, "CA_STORE must be embedded or aws"],
    ["an empty region", { ...AWS, AWS_REGION: "" }, "AWS_REGION must be set for CA_STORE=aws"],
    ["no key", { ...AWS, AWS_ACCESS_KEY_ID: undefined }, "AWS_ACCESS_KEY_ID must be set for CA_STORE=aws"],
    [
      "an empty secret",
      { ...AWS, AWS_SECRET_ACCESS_KEY: "" },
      "AWS_SECRET_ACCESS_KEY must be set for CA_STORE=aws",
    ],
    [
      "an empty session token",
      { ...AWS, AWS_SESSION_TOKEN: "" },
      "AWS_SESSION_TOKEN must not be empty: leave it out",
    ],
    [
      "an empty endpoint",
      { ...AWS, AWS_ENDPOINT_URL: "" },
      "AWS_ENDPOINT_URL must be an https URL, or http to this machine alone, without user, query and fragment",
    ],
    [
      "an endpoint that is spoken to in clear",
      { ...AWS, AWS_ENDPOINT_URL: "http://secretsmanager.example.com" },
      "AWS_ENDPOINT_URL must be an https URL, or http to this machine alone, without user, query and fragment",
    ],
    [
      "a short administrator's token",
      { CA_STORE: "embedded", ADMIN_TOKEN: "x" },
      "ADMIN_TOKEN must be at least 32 characters, from 32 random bytes",
    ],
    [
      "an origin with a path",
      { CA_STORE: "embedded", PUBLIC_ORIGIN: "https://interlock.example.com/" },
      "PUBLIC_ORIGIN must be scheme and host alone, such as https://interlock.example.com",
    ],
    [
      "seconds that are none",
      { CA_STORE: "embedded", CA_CACHE_SECONDS: "" },
      "CA_CACHE_SECONDS must be a whole number of seconds",
    ],
    [
      "a variable that is no text",
      { ...AWS, AWS_SESSION_TOKEN: {} },
      "AWS_SESSION_TOKEN must be of the type string",
    ],
  ])("names %s, in a sentence of ours", async (_what, env, sentence) => {
    expect(await problems(env)).toEqual([sentence]);
  });

  it("says everything that is wrong at once", async () => {
    expect(await problems({ ...AWS, AWS_REGION: "", ADMIN_TOKEN: "x", CLUSTERS: "{" })).toEqual([
      "AWS_REGION must be set for CA_STORE=aws",
      "ADMIN_TOKEN must be at least 32 characters, from 32 random bytes",
      "CLUSTERS is not JSON",
    ]);
  });
});

describe("PUBLIC_ORIGIN", () => {
  const jwt = (audience: string) => ({
    clusters: {
      mq: CLUSTER,
      pods: {
        ...CLUSTER,
        ca: { secret: "interlock/pods" },
        bootstrap: [
          {
            method: "jwt",
            issuer: "https://issuer.test",
            jwks: "https://issuer.test/keys",
            audience,
            node: "rabbit@{/sub}.prod.internal",
          },
        ],
      },
    },
  });
  it("must be set where a web token is for the cluster alone: the caller's Host may not say for whom", async () => {
    const without = await configure({ CA_STORE: "embedded" }, jwt("cluster"));
    expect(without.ok || without.error).toEqual([
      {
        variable: "PUBLIC_ORIGIN",
        problem:
          'must be set: pods takes web tokens with "audience": "cluster", and no caller\'s Host header may say whom they are for',
      },
    ]);
    const env = { CA_STORE: "embedded", PUBLIC_ORIGIN: "https://interlock.example.com" };
    expect(await configure(env, jwt("cluster"))).toMatchObject({
      ok: true,
      value: { publicOrigin: "https://interlock.example.com" },
    });
  });
  it("may be left out where every web token names its request", async () => {
    expect(await configure({ CA_STORE: "embedded" }, jwt("csr"))).toMatchObject({ ok: true });
  });
});

describe("CLUSTERS", () => {
  const withClusters = (CLUSTERS: unknown) => ({ CA_STORE: "embedded", CLUSTERS });

  it.each<[string, unknown]>([
    ["text", JSON.stringify({ clusters: { other: CLUSTER } })],
    ["a JSON variable of the deployment", { clusters: { other: CLUSTER } }],
  ])("replaces the bundled definitions, as %s", async (_form, clusters) => {
    const configuration = await configure(withClusters(clusters), BUNDLED);
    expect(configuration.ok && [...configuration.value.clusters.keys()]).toEqual(["other"]);
  });

  it.each([
    ["nothing", ""],
    ["half a document", '{"clusters":{"mq":'],
    ["more than a document", "{} {}"],
  ])("is not JSON with %s", async (_what, text) => {
    expect(await problems(withClusters(text))).toEqual(["CLUSTERS is not JSON"]);
  });

  it("does not hold a member twice: a reader of the review would see the other one", async () => {
    const text = JSON.stringify(BUNDLED).replace('"ca":', '"ca":{"secret":"interlock/reviewed"},"c\\u0061":');
    expect(await problems(withClusters(text))).toEqual([
      "CLUSTERS has a member twice, or one named __proto__",
    ]);
  });

  it("is refused by the path of what is wrong, as the bundled definitions are", async () => {
    const wrong = { clusters: { mq: { ...CLUSTER, product: "kafka" } } };
    expect((await problems(withClusters(wrong)))[0]).toMatch(/^CLUSTERS#\/clusters\/mq\/product must be /);
    const bundled = await configure({ CA_STORE: "embedded" }, wrong);
    expect(bundled.ok || bundled.error[0]?.variable).toBe("infra/clusters.json#/clusters/mq/product");
  });
});
