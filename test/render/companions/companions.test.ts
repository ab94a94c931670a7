import { describe, expect, it } from "vitest";
import { parseAddressBlock, type AddressBlock } from "../../../src/node/address-block.ts";
import type { Product } from "../../../src/policy/definition.ts";
import type { Refusal } from "../../../src/refusal.ts";
import { withCompanion, type Companion } from "../../../src/render/companions/companions.ts";
import type { RenderedFile } from "../../../src/render/renderer.ts";
import { rendered, requestFor, type Wish } from "../requests.ts";

interface CompanionWish extends Wish {
  readonly peers?: readonly string[];
}

const block = (text: string): AddressBlock => {
  const parsed = parseAddressBlock(text);
  if (parsed === null) throw new Error(`not a block: ${text}`);
  return parsed;
};

const ask = (product: Product, companion: Companion, { peers = [], ...wish }: CompanionWish = {}) =>
  withCompanion({
    ...rendered(product, wish),
    companion,
    cluster: "mq-prod",
    settings: requestFor(product, wish).settings,
    peers: peers.map(block),
  });

/** The files that the companion brought or changed, by path. */
const added = (product: Product, companion: Companion, wish?: CompanionWish): ReadonlyMap<string, string> => {
  const result = ask(product, companion, wish);
  if (!result.ok) throw new Error(result.error.detail);
  const own = new Set(rendered(product, wish).files.map(identity));
  return new Map(
    result.value.files.filter((file) => !own.has(identity(file))).map(({ path, content }) => [path, content]),
  );
};

const identity = ({ path, content }: RenderedFile): string => `${path}\n${content}`;

const refusal = (product: Product, companion: Companion, wish?: CompanionWish): unknown => {
  const result = ask(product, companion, wish);
  const fieldOf = ({ code, field }: Refusal & { readonly field?: string }) => [code, field];
  return result.ok ? "rendered" : fieldOf(result.error);
};

describe("the proxy in front", () => {
  it("demands a certificate on the MQTT port and on no other", () => {
    for (const product of ["rabbitmq", "emqx"] as const) {
      const haproxy = added(product, "proxy").get("/etc/haproxy/interlock.cfg") ?? "";
      const demanding = haproxy.split("\n").filter((line) => line.includes("verify required"));
      expect(demanding).toHaveLength(1);
      expect(demanding[0]).toContain("bind :8883 ");
      const nginx = added(product, "nginx").get("/etc/nginx/interlock-stream.conf") ?? "";
      expect(nginx.match(/ssl_verify_client on;/g)).toHaveLength(1);
    }
  });
  it("names no file of the cluster's own CA: its nodes are no clients", () => {
    for (const companion of ["proxy", "nginx"] as const) {
      const files = added("rabbitmq", companion);
      expect([...files.values()].join("\n")).not.toContain("/etc/rabbitmq/tls");
    }
  });
  it("leaves RabbitMQ's plain listeners on the loopback, moved by the offset as the node's are", () => {
    const wish = { portOffset: 2 };
    expect(added("rabbitmq", "proxy", wish).get("/etc/rabbitmq/conf.d/50-interlock-loopback.conf")).toBe(
      [
        "# Clients come through the proxy in front, which says from where (the PROXY protocol).",
        "# To the management plugin everybody comes from the loopback: delete the user guest.",
        "listeners.tcp.default = 127.0.0.1:5674",
        "proxy_protocol = true",
        "mqtt.listeners.tcp.default = 127.0.0.1:1885",
        "mqtt.proxy_protocol = true",
        "management.tcp.ip = 127.0.0.1",
        "management.tcp.port = 15674",
        "",
      ].join("\n"),
    );
    expect(added("rabbitmq", "proxy", wish).get("/etc/haproxy/interlock.cfg")).toContain("bind :8885 ");
  });
  it("tells the broker each client's address, and warns where it cannot", () => {
    const haproxy = added("rabbitmq", "proxy").get("/etc/haproxy/interlock.cfg") ?? "";
    expect(haproxy.match(/^ {2}server .*/gm)).toEqual([
      "  server broker 127.0.0.1:5672 send-proxy-v2",
      "  server broker 127.0.0.1:1883 send-proxy-v2",
      "  server broker 127.0.0.1:15672",
    ]);
    const result = ask("rabbitmq", "proxy");
    expect(result.ok && result.value.warnings.map(({ code }) => code)).toEqual(["rabbitmq-proxy-guest"]);
  });
  it("leaves one listener of EMQX, on the loopback, whatever the number in the node's name", () => {
    const text = added("emqx", "proxy", { node: "emqx7@192.168.0.11" }).get("/etc/emqx/emqx.conf");
    expect(text).toContain('tcp.default.bind = "127.0.0.1:1883"');
    expect(text).toContain("ssl.default.enabled = false");
    expect(text).toContain('listeners.http.bind = "127.0.0.1:18083"');
    // The block between nodes is as it was.
    expect(
      text?.startsWith(rendered("emqx", { node: "emqx7@192.168.0.11" }).files.at(-1)?.content ?? "?"),
    ).toBe(true);
  });
  it("is refused where there is none", () => {
    expect(refusal("mongooseim", "proxy")).toEqual(["option-invalid", "with"]);
    expect(refusal("erlang", "nginx")).toEqual(["option-invalid", "with"]);
    expect(refusal("emqx", "proxy", { settings: { packaging: "docker" } })).toEqual([
      "option-invalid",
      "with",
    ]);
    expect(refusal("rabbitmq", "proxy", { settings: { packaging: "windows" } })).toEqual([
      "option-invalid",
      "with",
    ]);
    // The node's highest port is 35682 + offset; the proxy has none above that, so the node's own refusal comes first.
    expect(refusal("rabbitmq", "proxy", { portOffset: 29_000 })).toBe("rendered");
  });
});

describe("the firewall", () => {
  const peers = ["10.20.0.0/24", "10.20.1.7", "fd00:20::/64"];
  const nft = (product: Product, wish: CompanionWish = {}): string =>
    added(product, "firewall", { peers, ...wish }).get("/etc/interlock/firewall.nft") ?? "";

  it("lets peers and nobody else to the cluster's ports, and only the node to its tools'", () => {
    expect(nft("rabbitmq")).toBe(
      `# Cluster ports for cluster peers alone: nft -f /etc/interlock/firewall.nft, again after each change.
# It opens nothing: where another chain drops by default, let the peers in there as well.
table inet interlock_mq_prod_0
delete table inet interlock_mq_prod_0
table inet interlock_mq_prod_0 {
  set peers4 {
    type ipv4_addr
    flags interval
    auto-merge
    elements = { 10.20.0.0/24, 10.20.1.7 }
  }
  set peers6 {
    type ipv6_addr
    flags interval
    auto-merge
    elements = { fd00:20::/64 }
  }
  chain input {
    type filter hook input priority -5
    policy accept
    iifname "lo" accept
    ct state established,related accept
    tcp dport { 4369, 25672, 6000-6500 } ip saddr @peers4 accept
    tcp dport { 4369, 25672, 6000-6500 } ip6 saddr @peers6 accept
    tcp dport { 4369, 25672, 6000-6500 } drop
    tcp dport { 35672-35682 } drop
  }
}
`,
    );
  });
  it("has epmd only where the product uses it", () => {
    expect(nft("emqx", { node: "emqx1@192.168.0.11" })).toContain("{ 4371, 5371 }");
    expect(nft("emqx", { node: "emqx1@192.168.0.11" })).not.toContain("4369");
    expect(nft("erlang", { settings: { epmd: false } })).not.toContain("4369");
    expect(nft("mongooseim")).toContain("{ 4369, 30000-30100 }");
  });
  it("never names a client's port", () => {
    const files = added("rabbitmq", "firewall", { peers });
    expect([...files.values()].join("\n")).not.toMatch(/\b5672\b/);
  });
  it("is EC2's IpPermissions for the same peers", () => {
    const text = added("emqx", "firewall", { peers }).get("/etc/interlock/security-group.json") ?? "";
    expect(JSON.parse(text)).toEqual(
      [
        ["distribution", 4371],
        ["rpc", 5371],
      ].map(([name, port]) => ({
        IpProtocol: "tcp",
        FromPort: port,
        ToPort: port,
        IpRanges: ["10.20.0.0/24", "10.20.1.7/32"].map((CidrIp) => ({
          CidrIp,
          Description: `mq-prod ${String(name)}`,
        })),
        Ipv6Ranges: [{ CidrIpv6: "fd00:20::/64", Description: `mq-prod ${String(name)}` }],
      })),
    );
  });
  it("is a NetworkPolicy in Kubernetes, which needs no addresses", () => {
    const files = added("rabbitmq", "firewall", { settings: { packaging: "kubernetes" } });
    expect([...files.keys()]).toEqual(["/etc/interlock/network-policy.json"]);
    const policy: unknown = JSON.parse(files.get("/etc/interlock/network-policy.json") ?? "");
    expect(policy).toMatchObject({
      kind: "NetworkPolicy",
      spec: {
        podSelector: { matchLabels: { "interlock/cluster": "mq-prod" } },
        policyTypes: ["Ingress"],
        ingress: [
          {
            from: [{ podSelector: { matchLabels: { "interlock/cluster": "mq-prod" } } }],
            ports: [
              { protocol: "TCP", port: 4369 },
              { protocol: "TCP", port: 25672 },
              { protocol: "TCP", port: 6000, endPort: 6500 },
            ],
          },
        ],
      },
    });
  });
  it("is refused without addresses, and for Windows", () => {
    expect(refusal("rabbitmq", "firewall")).toEqual(["option-invalid", "peers"]);
    expect(refusal("rabbitmq", "firewall", { peers, settings: { packaging: "windows" } })).toEqual([
      "option-invalid",
      "with",
    ]);
  });
});
