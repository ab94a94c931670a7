import { describe, expect, it } from "vitest";
import { parseClusters } from "../../src/policy/clusters.ts";
import { ALL_KINDS, namedKinds } from "../../src/policy/named-kinds.ts";
import { clustersOf, definitionWith } from "./cluster.ts";

const PKCS7 = { method: "aws-iid", accounts: ["111122223333"], node: "rabbit@{/ipName}.prod.internal" };
const STS = {
  method: "aws-sts",
  accounts: ["111122223333"],
  regions: ["eu-central-1"],
  node: "rabbit@{/instanceId}.prod.internal",
};

describe("the kinds that definitions name", () => {
  it("are their products and their credentials beside the join token", () => {
    const clusters = {
      mq: definitionWith({ bootstrap: [{ method: "token" }, STS] }),
      web: definitionWith({ product: "emqx", bootstrap: [PKCS7] }),
    };
    expect(namedKinds({ clusters })).toEqual({
      products: ["rabbitmq", "emqx"],
      methods: ["aws-sts", "aws-iid"],
    });
  });
  it.each([
    ["nothing", undefined],
    ["a text", "clusters"],
    ["a list", [definitionWith()]],
    ["no clusters", { clusters: null }],
    ["a cluster that is none", { clusters: { mq: 1, web: null } }],
    ["credentials that are none", { clusters: { mq: { product: 1, bootstrap: ["jwt", null] } } }],
  ])("are none in %s", (_what, json) => {
    expect(namedKinds(json)).toEqual({ products: [], methods: [] });
  });
});

describe("definitions", () => {
  it.each<[string, unknown]>([
    ["of one kind", { clusters: { mq: definitionWith() } }],
    [
      "of every product",
      {
        clusters: Object.fromEntries(
          ALL_KINDS.products.map((product) => [product, definitionWith({ product })]),
        ),
      },
    ],
    ["with evidence", { clusters: { mq: definitionWith({ bootstrap: [STS, PKCS7] }) } }],
    [
      "with evidence that does not hold",
      { clusters: { mq: definitionWith({ bootstrap: [{ ...STS, node: 1 }] }) } },
    ],
    ["of an unknown product", { clusters: { mq: definitionWith({ product: "kafka" }) } }],
    [
      "with an unknown credential",
      { clusters: { mq: definitionWith({ bootstrap: [{ method: "magic" }] }) } },
    ],
    ["with a credential twice", { clusters: { mq: definitionWith({ bootstrap: [STS, STS] }) } }],
    ["without clusters", { clusters: {} }],
    ["that are none", 1],
  ])("%s say the same by the schemas of their own kinds as by all", async (_what, json) => {
    expect(await parseClusters(json)).toEqual(clustersOf(json));
  });
});
