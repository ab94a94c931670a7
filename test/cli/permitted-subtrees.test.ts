import { describe, expect, it } from "vitest";
import { permittedSubtrees } from "../../src/cli/permitted-subtrees.ts";
import { clusterWith } from "../policy/cluster.ts";

const subtrees = (
  product: string,
  hosts: readonly string[],
  certificate: Readonly<Record<string, unknown>> = {},
) => permittedSubtrees(clusterWith({ product, nodes: { names: ["n"], hosts }, certificate }));

describe("permittedSubtrees", () => {
  it.each<[string, string, readonly string[], readonly string[]]>([
    ["the zone below a star", "emqx", ["*.prod.internal"], ["prod.internal"]],
    ["the zone behind a number", "emqx", ["mq-<n>.prod.internal"], ["prod.internal"]],
    ["the zone behind the last number", "emqx", ["*.rack-<n>.prod.internal"], ["prod.internal"]],
    ["a host by itself", "emqx", ["mq.prod.internal"], ["mq.prod.internal"]],
    [
      "the outermost of several",
      "emqx",
      ["*.prod.internal", "mq.a.prod.internal", "*.test.internal"],
      ["prod.internal", "test.internal"],
    ],
    [
      "RabbitMQ's hosts one by one, with their bare names",
      "rabbitmq",
      ["mq-1.prod.internal", "mq-2.prod.internal"],
      ["mq-1.prod.internal", "mq-2.prod.internal", "mq-1", "mq-2"],
    ],
    ["RabbitMQ's short hosts", "rabbitmq", ["mq-1", "mq-2"], ["mq-1", "mq-2"]],
  ])("are %s", (_what, product, hosts, expected) => {
    expect(subtrees(product, hosts)).toEqual({ ok: true, value: expected });
  });

  it("hold the names that the definition adds, wildcards by their zone, and no addresses", () => {
    const certificate = {
      extraNames: ["*.mq.svc.local", "10.0.0.1"],
      nodeNames: { "n@a.prod.internal": ["mq.example", "fd00::1"] },
    };
    expect(subtrees("emqx", ["*.prod.internal"], certificate)).toEqual({
      ok: true,
      value: ["prod.internal", "mq.svc.local", "mq.example"],
    });
  });

  it.each<[string, string, readonly string[]]>([
    ["an address", "emqx", ["10.0.0.0/8"]],
    ["one address among hosts", "emqx", ["*.prod.internal", "fd00::1"]],
    ["a short host with a number", "emqx", ["mq-<n>"]],
    ["RabbitMQ's bare names below a star", "rabbitmq", ["*.prod.internal"]],
    ["RabbitMQ's bare names with a number", "rabbitmq", ["mq-1.prod.internal", "mq-<n>.prod.internal"]],
  ])("are not for %s", (_what, product, hosts) => {
    expect(subtrees(product, hosts)).toMatchObject({ ok: false });
  });
});
