import hocon from "@pushcorn/hocon-parser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configure, STATE } from "../support/agent.ts";
import { startAgentSite, type AgentSite, type SiteMachine } from "../support/agent-site.ts";
import { capability } from "../support/capability.ts";
import { connects, parseLinks } from "../support/distribution.ts";
import { startErlangNode, type ErlangNode } from "../support/erlang-node.ts";
import { PRODUCT_PACKAGES, type PackagedProduct, type ProductPackage } from "../support/product-packages.ts";
import { runRenewalServiceNow } from "../support/renewal-service.ts";
import { requireOrSkip } from "../support/requirements.ts";
import { installedSerial, serialOfPeer } from "../support/shown-certificate.ts";
import { startScript } from "../support/start-scripts.ts";
import { filesWith } from "../support/written-files.ts";

/** EMQX and MongooseIM as far as plain Erlang goes: the agent puts their files beside what they ship, and `erl` starts by them. */
const describeClusters = requireOrSkip("a cluster by the agent", () => capability("agent-clusters"));

const ZONE = "nodes.example.internal";
const [ONE, TWO, STRANGER] = [`n-1.${ZONE}`, `n-2.${ZONE}`, `n-3.${ZONE}`] as const;
const COOKIE = "from-the-cluster-secret";
/** What Erlang does by itself within two minutes, as `agent-cluster.test.ts` sees it do (`erlang.md` §11). */
const FLUSH = "gen_server:call(ssl_pem_cache_dist, {unconditionally_clear_pem_cache, self()}, infinity)";

const PRODUCTS = Object.keys(PRODUCT_PACKAGES) as PackagedProduct[];

const definition = (product: PackagedProduct) => ({
  product,
  nodes: { names: [product, `${product}<n>`], hosts: [`*.${ZONE}`, "10.77.0.0/24"] },
  ca: { secret: `interlock/${product}` },
  bootstrap: [{ method: "token", maxLifetime: "1h" }],
  render: { cookie: true },
});

describeClusters("nodes with the agent, on plain Erlang:", () => {
  describe.each(PRODUCTS)("%s", (product) => {
    const shape: ProductPackage = PRODUCT_PACKAGES[product];
    /** All but what is the operator's own. */
    const files = (format: string): string =>
      `find ${shape.folder} -type f ! -name vm.args -printf '${format}\\n' -exec sha256sum {} + | sort`;
    const WITH_OWNERS = files("%p %m %u:%g");

    let site: AgentSite;
    let a: SiteMachine;
    let b: SiteMachine;
    let one: ErlangNode;
    let two: ErlangNode;
    let shipped: string;

    const bootstrap = async (machine: SiteMachine): Promise<string> => {
      const node = shape.nodeOn(machine);
      await machine.shell(shape.installation);
      shipped = await machine.shell(WITH_OWNERS);
      await site.prepare(machine, product, node);
      await configure(machine, { url: site.deployment.origin(), cluster: product, node });
      const { code, said } = await machine.agent("bootstrap");
      expect([code, said]).toEqual([0, expect.stringContaining(`wrote ${shape.tls}/node.pem`)]);
      await machine.exec(["sh", "-eu", "-c", shape.remainder, "sh", node]);
      return said;
    };
    const start = (machine: SiteMachine): Promise<ErlangNode> =>
      startErlangNode(machine, {
        program: startScript(shape.start),
        user: shape.account,
        cookie: null,
      });

    beforeAll(async () => {
      const definitions = { [product]: definition(product) };
      site = await startAgentSite({ definitions, hosts: [ONE, TWO, STRANGER], cookie: COOKIE });
      [a, b] = [site.at(ONE), site.at(TWO)];
    });
    afterAll(() => site[Symbol.asyncDispose]());

    it("have all their files by one command, which asks for one restart and names what is left to do", async () => {
      for (const machine of [a, b]) {
        expect(await bootstrap(machine)).toContain(shape.note);
        expect(await machine.shell("cat /run/systemctl.log")).toBe(`restart ${product}`);
      }
    });

    it("connect by those files, either way round", async () => {
      [one, two] = [await start(a), await start(b)];
      expect(await connects(one, two)).toMatchObject({ connected: true, tls: "tlsv1.3" });
      expect(await connects(two, one)).toMatchObject({ connected: true, tls: "tlsv1.3" });
    });

    it("refuse a node without a certificate that has the cookie", async () => {
      const args = ["-name", `node9@${STRANGER}`];
      const stranger = await startErlangNode(site.at(STRANGER), { args, cookie: COOKIE });
      const [inward, outward] = [await connects(stranger, one), await connects(one, stranger)];
      expect(inward.connected || outward.connected).toBe(false);
      expect(inward.log).toMatch(/TLS server: .*Unexpected Message/);
      await stranger.stop();
    });

    it("are not touched by a second bootstrap", async () => {
      const untouched = `${files("%p %i %m %u:%g %T@ %C@")}; find ${STATE} -type f -printf '%p %i %T@ %C@\\n' | sort`;
      const before = await a.shell(untouched);
      expect(await a.agent("bootstrap")).toMatchObject({ code: 0 });
      expect(await a.shell(untouched)).toBe(before);
    });

    it("renew by the timer's command: links stay, and the next one shows the new certificate", async () => {
      await connects(two, one);
      const link = `lists:keyfind('${two.name}', 1, erlang:system_info(dist_ctrl))`;
      const tls = { machine: a, folder: shape.tls };
      const [old, kept] = [await installedSerial(tls), await one.eval(link)];
      expect(await runRenewalServiceNow(a)).toMatchObject({ code: 0, stderr: "" });
      const renewed = await installedSerial(tls);
      expect([renewed === old, await one.eval(link)]).toEqual([false, kept]);

      await one.eval(FLUSH);
      expect(await connects(two, one)).toMatchObject({ connected: true });
      expect(serialOfPeer(parseLinks(await two.eval("node_control:links()")), one.name)).toBe(renewed);
      expect(await a.agent("rollback")).toMatchObject({ code: 0 });
      expect(await installedSerial(tls)).toBe(old);
    });

    it("keep no key when the agent is uninstalled, and what was shipped as it was", async () => {
      for (const machine of [a, b]) {
        expect(await filesWith(machine, "PRIVATE KEY")).toContain(`${shape.tls}/node_key.pem`);
        expect(await machine.agent("uninstall")).toMatchObject({ code: 0 });
        expect(await filesWith(machine, "PRIVATE KEY")).toEqual([]);
        expect(await machine.shell(WITH_OWNERS)).toBe(shipped);
      }
    });
  });
});

describeClusters("the agent", () => {
  it("adds to EMQX's own file what wins by HOCON's rules, and leaves the rest", async () => {
    const definitions = { emqx: definition("emqx") };
    await using site = await startAgentSite({ definitions, hosts: [ONE], cookie: COOKIE });
    const { installation, nodeOn } = PRODUCT_PACKAGES.emqx;
    const machine = site.at(ONE);
    await machine.shell(installation);
    await site.prepare(machine, "emqx", nodeOn(machine));
    await site.bootstrap(machine, "emqx", nodeOn(machine));
    expect(await hocon.parse({ text: await machine.shell("cat /etc/emqx/emqx.conf") })).toMatchObject({
      node: { name: nodeOn(machine), cookie: COOKIE, data_dir: "/var/lib/emqx" },
      cluster: { name: "emqxcl", proto_dist: "inet_tls" },
    });
  });
});
