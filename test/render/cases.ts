import type { Product } from "../../src/policy/definition.ts";
import { NODES, type Wish } from "./requests.ts";

/** One tree of `test/fixtures/golden`. */
export interface Case extends Wish {
  readonly name: string;
  readonly product: Product;
}

const SHORT = { rabbitmq: "rabbit@r1", mongooseim: "mongooseim@m1", erlang: "app@g1" };
const IPV6 = "fd00:20::12";

const rabbitmq = (name: string, wish: Wish = {}): Case => ({
  name: `rabbitmq-${name}`,
  product: "rabbitmq",
  ...wish,
});
const emqx = (name: string, wish: Wish = {}): Case => ({ name: `emqx-${name}`, product: "emqx", ...wish });
const mongooseim = (name: string, wish: Wish = {}): Case => ({
  name: `mongooseim-${name}`,
  product: "mongooseim",
  ...wish,
});
const erlang = (name: string, wish: Wish = {}): Case => ({
  name: `erlang-${name}`,
  product: "erlang",
  ...wish,
});

/** Every product, packaging and strategy, and whatever else changes a rendered file. */
export const CASES: readonly Case[] = [
  rabbitmq("package-optfile"),
  rabbitmq("package-flags", { settings: { strategy: "flags" } }),
  rabbitmq("package-optfile-combined", { settings: { combined: true } }),
  rabbitmq("package-flags-combined", { settings: { strategy: "flags", combined: true } }),
  rabbitmq("package-offset", { portOffset: 3, cookie: "Zs-9_q" }),
  rabbitmq("package-ports", { settings: { ports: { amqp: 6672 } } }),
  rabbitmq("package-wildcard", { wildcard: true }),
  rabbitmq("package-tls13", { settings: { tlsVersions: ["1.3"] } }),
  rabbitmq("package-short-name", { node: SHORT.rabbitmq }),
  rabbitmq("package-ipv4", { node: "rabbit@10.20.0.12" }),
  rabbitmq("package-ipv6", { node: `rabbit@${IPV6}` }),
  rabbitmq("package-folders", {
    settings: { configDir: "/srv/rabbit/etc", certsDir: "/srv/rabbit/tls/v1.2/a=b,c@x+y" },
  }),
  rabbitmq("package-revocation", { settings: { revocation: "file" } }),
  rabbitmq("docker-optfile", { settings: { packaging: "docker" } }),
  rabbitmq("docker-flags", { settings: { packaging: "docker", strategy: "flags" } }),
  rabbitmq("kubernetes-optfile", {
    node: "rabbit@rabbitmq-server-0.rabbitmq-nodes.mq",
    settings: { packaging: "kubernetes" },
    wildcard: true,
  }),
  rabbitmq("windows-optfile", { settings: { packaging: "windows" }, cookie: "Zs-9_q" }),
  rabbitmq("windows-flags-offset", { settings: { packaging: "windows", strategy: "flags" }, portOffset: 1 }),

  emqx("package", { cookie: "use-a-long-random-string" }),
  emqx("package-name", { node: "emqx@core.nodes.example", wildcard: true }),
  emqx("package-combined", { settings: { combined: true } }),
  emqx("package-tls13", { settings: { tlsVersions: ["1.3"] } }),
  emqx("package-revocation", { settings: { revocation: "file", combined: true } }),
  emqx("package-wraps", { node: "emqx60001@192.168.0.11" }),
  emqx("package-ipv6", { node: `emqx2@${IPV6}` }),
  emqx("docker", { settings: { packaging: "docker" }, cookie: "use-a-long-random-string" }),
  emqx("docker-folders", {
    settings: { packaging: "docker", configDir: "/opt/emqx/data/etc", tlsVersions: ["1.2"] },
  }),
  emqx("kubernetes", {
    node: "emqx@emqx-core-0.emqx-headless.mq.svc.cluster.local",
    settings: { packaging: "kubernetes" },
  }),

  mongooseim("package-optfile"),
  mongooseim("package-flags", { settings: { strategy: "flags" } }),
  mongooseim("package-flags-combined", { settings: { strategy: "flags", combined: true } }),
  mongooseim("package-wildcard", { wildcard: true, cookie: "Zs-9_q" }),
  mongooseim("package-offset", {
    portOffset: 200,
    node: SHORT.mongooseim,
    settings: { ports: { length: 2 } },
  }),
  mongooseim("package-revocation", { settings: { revocation: "file", tlsVersions: ["1.3"] } }),
  mongooseim("docker-flags", { settings: { packaging: "docker", strategy: "flags" } }),
  mongooseim("kubernetes-optfile", { settings: { packaging: "kubernetes" } }),

  erlang("vm-args", { cookie: "use-a-long-random-string" }),
  erlang("vm-args-wildcard", { wildcard: true, portOffset: 1 }),
  erlang("vm-args-flags", { node: SHORT.erlang, settings: { strategy: "flags" } }),
  erlang("vm-args-without-epmd", { settings: { epmd: false, user: "svc-app" } }),
  erlang("vm-args-docker-combined", { settings: { packaging: "docker", combined: true } }),
  erlang("vm-args-revocation", {
    settings: { revocation: "file", certsDir: "/srv/app/tls" },
    wildcard: true,
  }),
  erlang("elixir", { settings: { release: "elixir" }, cookie: "Zs-9_q" }),
  erlang("elixir-without-epmd", { settings: { release: "elixir", epmd: false }, node: SHORT.erlang }),
  erlang("erl-flags", { settings: { release: "erl-flags" }, cookie: "Zs-9_q" }),
  erlang("erl-flags-flags", {
    settings: { release: "erl-flags", strategy: "flags", packaging: "kubernetes" },
  }),
  erlang("ejabberd", {
    node: "ejabberd@e1.nodes.example",
    settings: { release: "ejabberd" },
    cookie: "Zs-9_q",
  }),
  erlang("ejabberd-flags-without-epmd", {
    node: "ejabberd@e1.nodes.example",
    settings: { release: "ejabberd", strategy: "flags", epmd: false, packaging: "docker" },
  }),
];

export const nodeOf = ({ node, product }: Case): string => node ?? NODES[product];
