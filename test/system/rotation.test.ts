import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { capability } from "../support/capability.ts";
import { connects, parseLinks } from "../support/distribution.ts";
import { enrolledNode, type EnrolledNode } from "../support/enrolled-node.ts";
import {
  COOKIE,
  erlangDefinitions,
  nodeOn,
  PAIR,
  startScriptOf,
  STRANGER,
} from "../support/erlang-clusters.ts";
import { startErlangNode, type ErlangNode } from "../support/erlang-node.ts";
import type { Machine } from "../support/machine.ts";
import { startMachines, type Machines } from "../support/machines.ts";
import { motoServer } from "../support/moto.ts";
import { installBundle, requestBundle } from "../support/node-bundle.ts";
import { requireOrSkip } from "../support/requirements.ts";
import { startRotatingCluster, type RotatingCluster } from "../support/rotating-cluster.ts";
import { startScript } from "../support/start-scripts.ts";

const CLUSTER = "release";
/** What `erlang.md` §11 found to do at once what Erlang does by itself within two minutes. */
const FORGET_FILES =
  "gen_server:call(ssl_pem_cache_dist, {unconditionally_clear_pem_cache, self()}, infinity)";

/** When the test cuts a link in order to make it anew, `global` would cut the others too, against overlapping partitions. */
const KEEP_OTHER_LINKS = ["-kernel", "prevent_overlapping_partitions", "false"];

const both = () => {
  const nodes = capability("erlang-nodes");
  return nodes.available ? motoServer() : nodes;
};

interface LiveNode extends EnrolledNode {
  readonly name: string;
  readonly erlang: ErlangNode;
}

requireOrSkip("the rehearsal of a root's rotation", both)(
  "A root's rotation, with three Erlang nodes that run,",
  () => {
    let site: RotatingCluster;
    let machines: Machines;
    let nodes: readonly LiveNode[];
    beforeAll(async () => {
      const definition = erlangDefinitions[CLUSTER];
      if (definition === undefined) throw new Error("there is no such cluster");
      site = await startRotatingCluster(CLUSTER, definition, { cookie: COOKIE });
      machines = await startMachines([...PAIR, STRANGER]);
      nodes = await Promise.all([...PAIR, STRANGER].map((host) => enrol(machines.at(host))));
    });
    afterAll(async () => {
      await Promise.all(nodes.map(({ erlang }) => erlang.stop()));
      await machines[Symbol.asyncDispose]();
      await site[Symbol.asyncDispose]();
    });

    const enrol = async (machine: Machine): Promise<LiveNode> => {
      const { deployment } = site;
      const name = nodeOn(machine, CLUSTER);
      const bundle = await requestBundle(deployment, { cluster: CLUSTER, node: name });
      await installBundle(machine, bundle);
      const erlang = await startErlangNode(machine, {
        program: startScript(startScriptOf(CLUSTER)),
        args: KEEP_OTHER_LINKS,
        env: { NODE: name },
        user: bundle.privateKey.owner,
        cookie: null,
      });
      const node = enrolledNode({ deployment, machine, cluster: CLUSTER, node: name, bundle });
      return { name, erlang, ...node };
    };

    const at = (index: number): LiveNode => {
      const node = nodes[index];
      if (node === undefined) throw new Error(`there is no node ${String(index)}`);
      return node;
    };
    /** The link's own process: another one would mean that the link was down in between. */
    const linkOf = (from: LiveNode, to: LiveNode): Promise<string> =>
      from.erlang.eval(`proplists:get_value('${to.name}', erlang:system_info(dist_ctrl))`);
    /** Of the certificate that a peer showed when the link was made. */
    const serialSeen = async (by: LiveNode, peer: LiveNode): Promise<bigint> => {
      const links = parseLinks(await by.erlang.eval("node_control:links()"));
      const der = links.find((link) => link.peer === peer.name)?.certificate ?? "";
      return BigInt(`0x${new X509Certificate(Buffer.from(der, "base64")).serialNumber}`);
    };
    /** Every node re-reads its files; then the third meets the first two anew, either way round. These two keep their link, so they are probed beside it. */
    const everyPairConnects = async (): Promise<void> => {
      for (const { erlang } of nodes) await erlang.eval(FORGET_FILES);
      expect(await at(0).erlang.eval(`node_control:probe('${at(1).name}')`)).toBe("accepted");
      expect(await at(1).erlang.eval(`node_control:probe('${at(0).name}')`)).toBe("accepted");
      for (const index of [0, 1]) {
        expect(await connects(at(index).erlang, at(2).erlang)).toMatchObject({ connected: true });
        expect(await connects(at(2).erlang, at(index).erlang)).toMatchObject({ connected: true });
      }
    };

    it("publishes, signs and retires: laggards are named, every pair can connect, and a link stays up throughout", async () => {
      const [one, two, three] = [at(0), at(1), at(2)];
      expect(await connects(one.erlang, two.erlang)).toMatchObject({ connected: true });
      const link = await linkOf(one, two);
      const rotate = (step: string, ...args: readonly string[]) =>
        site.interlock("rotate", "--step", step, ...args);
      const root = join(site.folder, "release.root");
      const sign = () => rotate("sign", "--root", `${root}.pem`, "--root-key", `${root}.key`);

      expect(await rotate("publish", "--out", site.folder)).toMatchObject([0, expect.anything()]);
      await site.settle(2);
      const picked = await one.renew("same");
      expect(picked).toMatchObject({ caGeneration: 2, apply: { effect: "none", commands: [] } });
      expect(await two.fetchRoots()).toBe(2);
      const [path, body] = [`/v1/clusters/${CLUSTER}/nodes/${two.name}/ack`, '{"caGeneration": 2}'];
      expect((await site.deployment.administer(path, { method: "POST", body })).status).toBe(204);
      await everyPairConnects();

      const [blocked, said] = await sign();
      expect(blocked).toBe(1);
      expect(said).toContain(`${three.name} is not known to trust the new root`);
      expect(said).not.toContain(one.name);
      expect(said).not.toContain(two.name);
      expect(await three.fetchRoots()).toBe(2);
      expect((await three.acknowledge(2)).status).toBe(204);
      expect(await sign()).toMatchObject([0, expect.anything()]);
      await site.settle(3);
      await everyPairConnects();

      const renewed = await one.renew("new", `have=${picked.apply.configuration}`);
      expect(renewed.apply.effect).toBe("none");
      expect(renewed.apply.detail).toContain("only certificate files have changed");
      await everyPairConnects();
      expect(await serialSeen(three, one)).toBe(BigInt(`0x${renewed.certificate.serial}`));
      await two.renew("new");
      await everyPairConnects();

      const [waiting, heard] = await rotate("retire");
      expect(waiting).toBe(1);
      expect(heard).toContain(`${three.name} is not known to have a certificate under the new root`);
      expect(heard).not.toContain(two.name);
      await three.renew("new");
      await everyPairConnects();
      expect(await rotate("retire")).toMatchObject([0, expect.anything()]);
      await site.settle(4);

      for (const node of nodes) {
        expect(await node.fetchRoots()).toBe(4);
        await everyPairConnects();
      }
      expect(await linkOf(one, two)).toBe(link);
      expect(await connects(one.erlang, two.erlang)).toMatchObject({ connected: true });
      expect(await connects(two.erlang, one.erlang)).toMatchObject({ connected: true });
    });
  },
);
