import { afterAll, beforeAll, expect, it } from "vitest";
import { STATE } from "../support/agent.ts";
import { startAgentSite, type AgentSite, type SiteMachine } from "../support/agent-site.ts";
import { capability } from "../support/capability.ts";
import { rabbitDefinition } from "../support/deployment.ts";
import { verifiedPeer } from "../support/distribution.ts";
import { startErlangNode } from "../support/erlang-node.ts";
import {
  clusterMembers,
  declareStream,
  joinCluster,
  serverLinks,
  startRabbitmq,
  streamReplicas,
  type RabbitmqServer,
} from "../support/rabbitmq.ts";
import { runRenewalServiceNow } from "../support/renewal-service.ts";
import { requireOrSkip } from "../support/requirements.ts";
import {
  expectWithin,
  installedSerial,
  PICK_UP_SECONDS,
  serialOfPeer,
  shownTo,
} from "../support/shown-certificate.ts";
import { filesWith } from "../support/written-files.ts";

/** A cluster from nothing but the distribution's packages, a token a node, and what `docs/node.md` has one type; and back to nothing. */
const describeClusters = requireOrSkip("a cluster by the agent", () => capability("agent-clusters"));

const ZONE = "nodes.example.internal";
const [ONE, TWO, STRANGER] = [`mq-1.${ZONE}`, `mq-2.${ZONE}`, `mq-3.${ZONE}`] as const;
const CLUSTER = "rabbit-prod";
const TLS = "/etc/rabbitmq/tls";
const COOKIE = "/var/lib/rabbitmq/.erlang.cookie";

/** What the package and the agent have on the node, by owner, mode and content; by inode and times too where they are to be the same. */
const INSTALLED = `find /etc/rabbitmq ${COOKIE} -type f -printf '%p %m %u:%g\\n' -exec sha256sum {} + | sort`;
const UNTOUCHED = `find /etc/rabbitmq /etc/interlock ${STATE} ${COOKIE} -type f -printf '%p %i %m %u:%g %T@ %C@\\n' -exec sha256sum {} + | sort`;

describeClusters("RabbitMQ with the agent", () => {
  let site: AgentSite;
  let a: SiteMachine;
  let b: SiteMachine;
  let one: RabbitmqServer;
  let two: RabbitmqServer;
  const shipped = new Map<SiteMachine, string>();
  const members = [`rabbit@${ONE}`, `rabbit@${TWO}`];
  const bothSee = async (): Promise<void> => {
    expect(await clusterMembers(one)).toEqual(members);
    expect(await clusterMembers(two)).toEqual(members);
  };

  beforeAll(async () => {
    site = await startAgentSite({
      definitions: { [CLUSTER]: rabbitDefinition(ZONE, { render: { cookie: true } }) },
      hosts: [ONE, TWO, STRANGER],
      cookie: "from-the-cluster-secret",
    });
    [a, b] = [site.at(ONE), site.at(TWO)];
  });
  afterAll(() => site[Symbol.asyncDispose]());

  it("has all its files by one command, which asks for one restart", async () => {
    for (const machine of [a, b]) {
      const node = `rabbit@${machine.host}`;
      shipped.set(machine, await machine.shell(INSTALLED));
      await site.prepare(machine, CLUSTER, node);
      expect(await site.bootstrap(machine, CLUSTER, node)).toContain(`wrote ${TLS}/node.pem`);
      expect(await machine.shell("cat /run/systemctl.log")).toBe("restart rabbitmq-server");
    }
  });

  it("forms a cluster of brokers that start as the agent left them", async () => {
    [one, two] = (await Promise.all([a, b].map((machine) => startRabbitmq(machine, { cookie: null })))) as [
      RabbitmqServer,
      RabbitmqServer,
    ];
    await joinCluster(two, one);
    await bothSee();
  });

  it("speaks TLS 1.3 between them, and verifies the certificate at either end", async () => {
    for (const [server, peer] of [[one, two] as const, [two, one] as const]) {
      const links = await serverLinks(server);
      expect(links.find((link) => link.peer === peer.name)).toMatchObject({ version: "tlsv1.3" });
      expect(links.filter((link) => !verifiedPeer(link))).toEqual([]);
    }
  });

  it("has on one what is declared on the other", async () => {
    await declareStream(one, "orders");
    expect(await streamReplicas(two, "orders", 2)).toEqual(members);
  });

  it.each([
    ["without TLS", "", /^refused: no TLS handshake took place/, /TLS server: .*Unexpected Message/],
    [
      "without a certificate",
      "-proto_dist inet_tls -ssl_dist_opt client_verify verify_none",
      /^refused: /,
      /SERVER ALERT: Fatal - (?:certificate required|handshake failure)/i,
    ],
  ])("lets in no node %s, though it has the cookie", async (_, flags, refusal, logged) => {
    const machine = site.at(STRANGER);
    const cookie = await a.shell(`cat ${COOKIE}`);
    const args = ["-name", `rabbit@${STRANGER}`, ...flags.split(" ").filter((word) => word !== "")];
    const stranger = await startErlangNode(machine, { args, cookie });
    expect(await stranger.eval(`node_control:dial('${one.name}')`)).toMatch(refusal);
    expect(await one.eval(`net_kernel:connect_node('${stranger.name}')`)).toBe("false");
    expect(await one.log()).toMatch(logged);
    await stranger.stop();
    await bothSee();
  });

  it("is not touched by a second bootstrap", async () => {
    const before = await a.shell(UNTOUCHED);
    expect(await a.agent("bootstrap")).toMatchObject({ code: 0 });
    expect(await a.shell(UNTOUCHED)).toBe(before);
    expect(await a.shell("cat /run/systemctl.log")).toBe("restart rabbitmq-server");
  });

  describeClusters("whose node renews by the timer's command", { timeout: 300_000 }, () => {
    const [files, peersFiles] = [() => ({ machine: a, folder: TLS }), () => ({ machine: b, folder: TLS })];
    const link = (): Promise<string> =>
      one.eval(
        `{_, Link} = lists:keyfind('${two.name}', 1, erlang:system_info(dist_ctrl)), pid_to_list(Link)`,
      );
    let before: string;
    let renewed: string;

    it("has a new certificate, the links that it had, and no restart", async () => {
      before = await a.shell(INSTALLED);
      const [old, kept] = [await installedSerial(files()), await link()];
      expect(await runRenewalServiceNow(a)).toMatchObject({ code: 0, stderr: "" });
      renewed = await installedSerial(files());
      expect(renewed).not.toBe(old);
      expect(await link()).toBe(kept);
      expect(serialOfPeer(await serverLinks(two), one.name)).toBe(old);
      expect(await a.shell("cat /run/systemctl.log")).toBe("restart rabbitmq-server");
      await bothSee();
    });

    it(`shows it to a peer that comes back, ${PICK_UP_SECONDS} s later at most`, async () => {
      await expectWithin(
        PICK_UP_SECONDS,
        async () => (await shownTo(peersFiles(), `${ONE}:25672`)) === renewed,
      );
      await two.stop();
      expect(await clusterMembers(one)).toEqual([one.name]);
      two = await startRabbitmq(b, { cookie: null });
      await bothSee();
      expect(serialOfPeer(await serverLinks(two), one.name)).toBe(renewed);
    });

    it("goes back to what it had, if told so, and stays a member", async () => {
      expect(await a.agent("rollback")).toMatchObject({ code: 0 });
      expect(await a.shell(INSTALLED)).toBe(before);
      expect(await a.agent("status")).toMatchObject({ code: 0 });
      await bothSee();
    });
  });

  it("leaves no key behind when it is uninstalled, and what the package shipped as it was", async () => {
    for (const machine of [a, b]) {
      const [, secret = ""] = (await machine.shell(`cat ${TLS}/node_key.pem`)).split("\n");
      for (const text of ["PRIVATE KEY", secret])
        expect(await filesWith(machine, text)).toEqual(
          expect.arrayContaining([`${TLS}/node_key.pem`, `${STATE}/current/key`]),
        );
      expect(await machine.agent("uninstall")).toMatchObject({ code: 0 });
      expect(await filesWith(machine, "PRIVATE KEY")).toEqual([]);
      expect(await filesWith(machine, secret)).toEqual([]);
      expect(await machine.shell(INSTALLED)).toBe(shipped.get(machine));
    }
  });
});
