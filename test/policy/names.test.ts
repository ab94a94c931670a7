import { describe, expect, it } from "vitest";
import { parseNodeName } from "../../src/node/node-name.ts";
import { formatGeneralName } from "../../src/pki/general-name.ts";
import { grantedNames } from "../../src/policy/names.ts";
import { clusterWith } from "./cluster.ts";

const names = (node: string, members: Readonly<Record<string, unknown>>): readonly string[] => {
  const parsed = parseNodeName(node);
  if (!parsed.ok) throw new Error(`not a node name: ${node}`);
  return grantedNames(clusterWith(members), parsed.value).map(formatGeneralName);
};

const anywhere = { names: ["rabbit"], hosts: ["*.prod.internal", "10.0.0.0/8", "fd00::/16"] };
const shortHosts = { names: ["rabbit"], hosts: ["mq-<n>"] };

describe("granted names", () => {
  it("are the host, and for RabbitMQ with a long name its bare first label", () => {
    expect(names("rabbit@mq-1.prod.internal", { nodes: anywhere })).toEqual([
      "DNS:mq-1.prod.internal",
      "DNS:mq-1",
    ]);
  });

  it.each(["emqx", "mongooseim", "erlang"])("are the host alone for %s", (product) => {
    expect(names("rabbit@mq-1.prod.internal", { product, nodes: anywhere })).toEqual([
      "DNS:mq-1.prod.internal",
    ]);
  });

  it("hold the host once when the name is short", () => {
    expect(names("rabbit@mq-1", { nodes: shortHosts })).toEqual(["DNS:mq-1"]);
  });

  it("leave out a bare label of digits, which would be an address", () => {
    const nodes = { names: ["rabbit"], hosts: ["<n>.prod.internal"] };
    expect(names("rabbit@17.prod.internal", { nodes })).toEqual(["DNS:17.prod.internal"]);
  });

  it.each(["10.0.0.12", "fd00:20::12"])("hold the address %s as iPAddress and as dNSName", (address) => {
    expect(names(`rabbit@${address}`, { nodes: anywhere })).toEqual([`IP:${address}`, `DNS:${address}`]);
  });

  it("end with the cluster's names, then the node's, each once", () => {
    const certificate = {
      extraNames: ["mq.prod.internal", "*.mq.svc.cluster.local", "mq-1.prod.internal"],
      nodeNames: {
        "rabbit@mq-1.prod.internal": ["10.0.0.12", "mq.prod.internal", "amqp.prod.internal"],
        "rabbit@mq-2.prod.internal": ["10.0.0.13"],
      },
    };
    expect(names("rabbit@mq-1.prod.internal", { nodes: anywhere, certificate })).toEqual([
      "DNS:mq-1.prod.internal",
      "DNS:mq-1",
      "DNS:mq.prod.internal",
      "DNS:*.mq.svc.cluster.local",
      "IP:10.0.0.12",
      "DNS:amqp.prod.internal",
    ]);
  });
});
