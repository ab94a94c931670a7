import { isIpv4, type AddressBlock } from "../../node/address-block.ts";
import type { Port, RenderedFile } from "../renderer.ts";
import { printStatements, type Block, type Statement } from "../text/braces.ts";
import { ROOT_FILE } from "./root-file.ts";

export interface NodeFirewall {
  readonly cluster: string;
  readonly portOffset: number;
  readonly ports: readonly Port[];
  readonly peers: readonly AddressBlock[];
}

/**
 * A table that closes the node's cluster ports to everybody but its peers, and the tools' to all but the node itself. It accepts
 * for nobody else: nftables asks every chain of a hook, and one `drop` is final.
 */
export const nftablesFile = (firewall: NodeFirewall): RenderedFile => ({
  path: "/etc/interlock/firewall.nft",
  ...ROOT_FILE,
  content: [
    "# Cluster ports for cluster peers alone: nft -f /etc/interlock/firewall.nft, again after each change.",
    "# It opens nothing: where another chain drops by default, let the peers in there as well.",
    printStatements(tableOf(firewall), ""),
  ].join("\n"),
});

/** Declared, emptied of what an earlier run left, and filled: one transaction, the same each time. */
const tableOf = ({ cluster, portOffset, ports, peers }: NodeFirewall): readonly Statement[] => {
  // A name of nftables has no hyphen and a cluster's has no underscore.
  const table = ["table", "inet", `interlock_${cluster.replaceAll("-", "_")}_${portOffset}`];
  const families = FAMILIES.filter(({ has }) => peers.some(has));
  return [
    table,
    ["delete", ...table],
    {
      head: table,
      body: [...families.map((family) => peerSet(family, peers)), inputChain(ports, families)],
    },
  ];
};

interface Family {
  readonly set: string;
  readonly type: string;
  readonly header: string;
  readonly has: (block: AddressBlock) => boolean;
}

const FAMILIES: readonly Family[] = [
  {
    set: "peers4",
    type: "ipv4_addr",
    header: "ip",
    has: isIpv4,
  },
  {
    set: "peers6",
    type: "ipv6_addr",
    header: "ip6",
    has: (block) => !isIpv4(block),
  },
];

const peerSet = ({ set, type, has }: Family, peers: readonly AddressBlock[]): Block => ({
  head: ["set", set],
  body: [
    ["type", type],
    ["flags", "interval"],
    ["auto-merge"],
    ["elements", "=", ...braced(peers.filter(has).map(({ text }) => text))],
  ],
});

const inputChain = (ports: readonly Port[], families: readonly Family[]): Block => {
  const cluster = ["tcp", "dport", ...braced(rangesFor(ports, "cluster"))];
  const tools = rangesFor(ports, "tools");
  return {
    head: ["chain", "input"],
    body: [
      ["type", "filter", "hook", "input", "priority", "-5"],
      ["policy", "accept"],
      ["iifname", '"lo"', "accept"],
      // Answers to the node's own connections, whose local ports may be any.
      ["ct", "state", "established,related", "accept"],
      ...families.map(({ header, set }) => [...cluster, header, "saddr", `@${set}`, "accept"]),
      [...cluster, "drop"],
      ...(tools.length === 0 ? [] : [["tcp", "dport", ...braced(tools), "drop"]]),
    ],
  };
};

const rangesFor = (ports: readonly Port[], peers: Port["peers"]): readonly string[] =>
  ports
    .filter((port) => port.peers === peers)
    .map(({ port, lastPort }) => (lastPort === undefined ? String(port) : `${port}-${lastPort}`));

const braced = (items: readonly string[]): readonly string[] => [
  "{",
  ...items.map((item, i) => (i === items.length - 1 ? item : `${item},`)),
  "}",
];
