import type { Definitions } from "./deployment.ts";
import type { Machine } from "./machine.ts";
import type { StartScript } from "./start-scripts.ts";
import { makeClusterSecret, type ClusterSecret } from "./test-ca.ts";

/** Of a machine with a long name, the bare name and the address are hosts as well. */
export const ZONE = "nodes.example";
/** The hosts of `startMachines`: two of each kind, and a stranger's. */
export const PAIR = [`n1.${ZONE}`, `n2.${ZONE}`] as const;
export const IPV6_PAIR = ["fd00:77::1", "fd00:77::2"] as const;
export const STRANGER = `n3.${ZONE}`;

interface ErlangCluster {
  readonly product: string;
  readonly start: StartScript;
  /** What stands right of the `@`. Default: the long name. */
  readonly host?: keyof typeof HOSTS;
  readonly render?: Readonly<Record<string, unknown>>;
  readonly extraNames?: readonly string[];
}

const HOSTS = {
  long: { patterns: [`*.${ZONE}`], of: ({ host }: Machine) => host },
  bare: { patterns: ["n<n>"], of: ({ host }: Machine) => host.split(".")[0] ?? host },
  ipv4: { patterns: ["10.77.0.0/24"], of: ({ address }: Machine) => address },
  ipv6: { patterns: ["fd00:77::/64"], of: ({ address }: Machine) => address },
} as const;

/** A cluster for every way in which Erlang takes its settings, each with a CA of its own. */
const CLUSTERS = {
  rabbitmq: { product: "rabbitmq", start: "rabbitmq" },
  "rabbitmq-bare": { product: "rabbitmq", start: "rabbitmq", host: "bare" },
  "rabbitmq-wildcard": { product: "rabbitmq", start: "rabbitmq", extraNames: [`*.${ZONE}`] },
  emqx: { product: "emqx", start: "emqx", host: "ipv4" },
  "emqx-docker": { product: "emqx", start: "emqx-docker", render: { packaging: "docker" } },
  mongooseim: { product: "mongooseim", start: "mongooseim" },
  release: { product: "erlang", start: "vm-args" },
  "release-bare": { product: "erlang", start: "vm-args", host: "bare" },
  "release-ipv4": { product: "erlang", start: "vm-args", host: "ipv4" },
  "release-ipv6": { product: "erlang", start: "vm-args", host: "ipv6" },
  "release-wildcard": { product: "erlang", start: "vm-args", extraNames: [`*.${ZONE}`] },
  "release-without-epmd": { product: "erlang", start: "vm-args", render: { epmd: false } },
  "rabbitmq-revocation": { product: "rabbitmq", start: "rabbitmq", render: { revocation: "file" } },
  "release-revocation": { product: "erlang", start: "vm-args", render: { revocation: "file" } },
  elixir: { product: "erlang", start: "elixir", render: { release: "elixir" } },
  "elixir-without-epmd": { product: "erlang", start: "elixir", render: { release: "elixir", epmd: false } },
  "erl-flags": { product: "erlang", start: "erl-flags", render: { release: "erl-flags" } },
  ejabberd: { product: "erlang", start: "ejabberd", render: { release: "ejabberd" } },
  "ejabberd-without-epmd": {
    product: "erlang",
    start: "ejabberd",
    render: { release: "ejabberd", epmd: false },
  },
} as const satisfies Record<string, ErlangCluster>;

export type ClusterName = keyof typeof CLUSTERS;

/** The cookie of every cluster: nothing but TLS keeps a stranger out. */
export const COOKIE = "one-cookie-for-all";

const entries: readonly (readonly [string, ErlangCluster])[] = Object.entries(CLUSTERS);

export const caOf = (name: string): string => `interlock/${name}`;

/** The content of `infra/clusters.json`. Bundles bring the cookie. */
export const erlangDefinitions: Definitions = Object.fromEntries(
  entries.map(([name, { product, host = "long", render = {}, extraNames = [] }]) => [
    name,
    {
      product,
      nodes: { names: ["node<n>"], hosts: HOSTS[host].patterns },
      ca: { secret: caOf(name) },
      certificate: { extraNames },
      bootstrap: [{ method: "token" }],
      render: { ...render, cookie: true },
    },
  ]),
);

export const makeErlangSecrets = async (): Promise<Readonly<Record<string, ClusterSecret>>> =>
  Object.fromEntries(
    await Promise.all(
      entries.map(
        async ([name]) => [caOf(name), { ...(await makeClusterSecret()), cookie: COOKIE }] as const,
      ),
    ),
  );

export const startScriptOf = (name: ClusterName): StartScript => CLUSTERS[name].start;

/** Where two nodes of the cluster can run. */
export const hostsOf = (name: ClusterName): readonly [string, string] =>
  name === "release-ipv6" ? IPV6_PAIR : PAIR;

/** The machine's node in a cluster: `node1@n1.nodes.example`, `node1@n1` or `node1@10.77.0.1`. */
export const nodeOn = (machine: Machine, name: ClusterName): string => {
  const { host = "long" }: ErlangCluster = CLUSTERS[name];
  return `node${machine.address.at(-1)}@${HOSTS[host].of(machine)}`;
};
