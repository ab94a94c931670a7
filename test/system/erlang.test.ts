import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { capability } from "../support/capability.ts";
import { connects, type Connection } from "../support/distribution.ts";
import { PAIR, STRANGER, ZONE, type ClusterName } from "../support/erlang-clusters.ts";
import { startErlangSite, type ErlangSite, type Installation } from "../support/erlang-site.ts";
import type { ErlangNode } from "../support/erlang-node.ts";
import { signLeaf, type Leaf } from "../support/leaf.ts";
import { requireOrSkip } from "../support/requirements.ts";

/** The issue in one word: two nodes, each started from its own bundle and nothing else, connect; everybody else is refused. */
const describeNodes = requireOrSkip("erlang-nodes", () => capability("erlang-nodes"));

/** What a bundle can be, by the words of `docs/matrix.md`: its cluster and the options of the call. */
const FORMS: readonly (readonly [what: string, cluster: ClusterName, options: string])[] = [
  ["rabbitmq, option file", "rabbitmq", ""],
  ["rabbitmq, option file, key in the certificate's file", "rabbitmq", "combined=true"],
  ["rabbitmq, flags", "rabbitmq", "strategy=flags"],
  ["rabbitmq, flags, key in the certificate's file", "rabbitmq", "strategy=flags&combined=true"],
  ["rabbitmq, short names", "rabbitmq-bare", ""],
  ["rabbitmq, wildcard", "rabbitmq-wildcard", ""],
  ["emqx, IPv4 addresses as hosts", "emqx", ""],
  ["emqx in a container", "emqx-docker", ""],
  ["mongooseim, option file", "mongooseim", ""],
  ["mongooseim, flags", "mongooseim", "strategy=flags"],
  ["vm.args, option file", "release", ""],
  ["vm.args, flags, short names", "release-bare", "strategy=flags"],
  ["vm.args, IPv4 addresses as hosts", "release-ipv4", ""],
  ["vm.args, IPv6 addresses as hosts", "release-ipv6", ""],
  ["vm.args, wildcard", "release-wildcard", ""],
  ["vm.args, without epmd", "release-without-epmd", ""],
  ["elixir release", "elixir", ""],
  ["elixir release, flags, without epmd", "elixir-without-epmd", "strategy=flags"],
  ["ERL_FLAGS, option file", "erl-flags", ""],
  ["ERL_FLAGS, flags", "erl-flags", "strategy=flags"],
  ["ejabberd, option file", "ejabberd", ""],
  ["ejabberd, flags, without epmd", "ejabberd-without-epmd", "strategy=flags"],
];

/** Flags cannot ask for a version: what they give is the default of the OTP release (`erlang.md` §6). */
const versionOf = (options: string): unknown =>
  options.includes("strategy=flags") ? expect.stringMatching(/^tlsv1\.[23]$/) : "tlsv1.3";

describeNodes("Erlang nodes that start from their bundles alone", () => {
  let site: ErlangSite;
  beforeAll(async () => {
    site = await startErlangSite();
  });
  afterEach(() => site.stopNodes());
  afterAll(() => site[Symbol.asyncDispose]());

  it.each(FORMS)("connect over mutual TLS, either way round: %s", async (_what, cluster, options) => {
    const [one, two] = await site.startPair(cluster, options);
    expect(await connects(one, two)).toMatchObject({ connected: true, tls: versionOf(options) });
    expect(await connects(two, one)).toMatchObject({ connected: true, tls: versionOf(options) });
  });

  it("connect when one has flags and the other an option file", async () => {
    const [flags, optionFile] = await site.startPair("rabbitmq", "strategy=flags", "strategy=optfile");
    expect(await connects(flags, optionFile)).toMatchObject({ connected: true });
    expect(await connects(optionFile, flags)).toMatchObject({ connected: true });
  });

  it.each(["elixir", "elixir-without-epmd"] as const)(
    "are reached by their own commands: %s",
    async (cluster) => {
      const release = await site.install(site.at(PAIR[0]), cluster);
      const node = await site.start(release);
      const command = await site.start(release, "elixir-remote");
      expect(await connects(command, node)).toMatchObject({ connected: true });
    },
  );

  it.each(["mongooseim", "release", "elixir", "erl-flags", "ejabberd"] as const)(
    "listen where the reply says, by a port offset: %s",
    async (cluster) => {
      const installation = await site.install(site.at(PAIR[0]), cluster, "portOffset=7");
      const node = await site.start(installation);
      const distribution = installation.bundle.ports.find(({ name }) => name === "distribution");
      const listening = await node.eval("{ok, [{_, Port}]} = erl_epmd:names(), Port");
      expect(Number(listening)).toBe(distribution?.port);
    },
  );

  describe.each(["optfile", "flags"])("refuse, with the strategy %s,", (strategy) => {
    let inside: ErlangNode;
    const startInside = async (): Promise<void> => {
      inside = await site.start(await site.install(site.at(PAIR[0]), "rabbitmq", `strategy=${strategy}`));
    };

    it("a plain node", async () => {
      await startInside();
      const plain = await site.startOutsider();
      const [inward, outward] = [await connects(plain, inside), await connects(inside, plain)];
      expect(inward.connected || outward.connected).toBe(false);
      expect(inward.log).toMatch(/TLS server: .*Unexpected Message/);
      expect(outward.log).toContain("the TLS handshake did not end");
    });

    it("a node without a certificate", async () => {
      await startInside();
      const nobody = await site.startOutsider(
        ..."-proto_dist inet_tls -ssl_dist_opt client_verify verify_none".split(" "),
      );
      const inward = await connects(nobody, inside);
      expect(inward.connected).toBe(false);
      // In the words of TLS 1.3 and of 1.2.
      expect(inward.log).toMatch(/SERVER ALERT: Fatal - (?:certificate required|handshake failure)/i);
    });

    it("a node of another cluster, though it trusts them", async () => {
      await startInside();
      const other = await site.install(site.at(STRANGER), "release");
      await replace(other, "ca.pem", site.ca("rabbitmq").trustBundle);
      const stranger = await site.start(other);
      const [inward, outward] = [await connects(stranger, inside), await connects(inside, stranger)];
      expect(inward.connected || outward.connected).toBe(false);
      // With TLS 1.3 it may keep its certificate to itself, because no CA that we name signed it (`erlang.md` §5).
      expect(inward.log).toMatch(/SERVER ALERT: Fatal - (?:unknown ca|certificate required)/i);
      expect(outward.log).toMatch(/CLIENT ALERT: Fatal - Unknown CA/);
    });
  });

  /** An article on RabbitMQ in Kubernetes has one certificate for the service, and none for the pod that Erlang dials. */
  describe("dial a node whose certificate", () => {
    /** Node two has a certificate of the cluster's CA for `name` in place of its bundle's. */
    const dialTwo = async (cluster: ClusterName, name?: string): Promise<Connection> => {
      const one = await site.start(await site.install(site.at(PAIR[0]), cluster));
      const installation = await site.install(site.at(PAIR[1]), cluster);
      if (name !== undefined)
        await replaceLeaf(installation, await signLeaf(site.ca(cluster), [{ type: "dns", value: name }]));
      return connects(one, await site.start(installation));
    };

    it("is for its service alone, and refuse it with hostname_check_failed", async () => {
      const refused = await dialTwo("rabbitmq", "rabbitmq.rabbitmq.svc");
      expect(refused.connected).toBe(false);
      expect(refused.log).toContain("hostname_check_failed");
    });

    it("is the wildcard that the article cures this with, and refuse it as before", async () => {
      const refused = await dialTwo("rabbitmq", `*.${ZONE}`);
      expect(refused.connected).toBe(false);
      expect(refused.log).toContain("hostname_check_failed");
    });

    it("is that wildcard where the definition has it, and connect by the match function", async () => {
      expect(await dialTwo("rabbitmq-wildcard", `*.${ZONE}`)).toMatchObject({ connected: true });
    });

    it("is its bundle's, and connect", async () => {
      expect(await dialTwo("rabbitmq")).toMatchObject({ connected: true });
    });
  });
});

/** Puts another text in place of a file beside the key. */
const replace = (
  { machine, bundle: { privateKey } }: Installation,
  name: string,
  content: string,
): Promise<void> => machine.write({ ...privateKey, path: join(dirname(privateKey.path), name), content });

const replaceLeaf = async (installation: Installation, { chainPem, privateKeyPem }: Leaf): Promise<void> => {
  await replace(installation, "node.pem", chainPem);
  await replace(installation, "node_key.pem", privateKeyPem);
};
