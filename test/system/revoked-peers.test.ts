import { dirname } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { signCrl } from "../../src/pki/crl.ts";
import { loadIssuingCa } from "../../src/pki/load-issuing-ca.ts";
import { writePem } from "../../src/pki/pem.ts";
import { crlFileName } from "../../src/revocation-list.ts";
import { capability } from "../support/capability.ts";
import { connects } from "../support/distribution.ts";
import { nodeOn, PAIR, STRANGER, type ClusterName } from "../support/erlang-clusters.ts";
import { startErlangSite, type ErlangSite, type Installation } from "../support/erlang-site.ts";
import { requireOrSkip } from "../support/requirements.ts";

/** Whether real nodes, started from bundles that bring the CRL, turn a revoked peer away; and nobody else. */
const describeNodes = requireOrSkip("erlang-nodes", () => capability("erlang-nodes"));

describeNodes("Erlang nodes with the CRL as a file", () => {
  let site: ErlangSite;
  beforeAll(async () => {
    site = await startErlangSite();
  });
  afterAll(() => site[Symbol.asyncDispose]());
  afterEach(() => site.stopNodes());

  const revoke = async ({ machine, cluster }: Installation): Promise<void> => {
    const path = `/v1/clusters/${cluster}/nodes/${encodeURIComponent(nodeOn(machine, cluster))}/revoke`;
    const reply = await site.deployment.administer(path, { method: "POST", body: "{}" });
    expect(await reply.json()).toMatchObject({ revoked: [expect.any(String)] });
  };

  /** What docs/operations.md tells a node to do daily; only curl is ours, because the machine has no way out. */
  const refresh = async ({ machine, cluster, bundle }: Installation): Promise<void> => {
    const reply = await fetch(`${site.deployment.origin()}/v1/clusters/${cluster}/crl.r0`);
    const folder = `${dirname(bundle.privateKey.path)}/crls`;
    const [name] = /[0-9a-f]{8}\.r0/.exec(reply.headers.get("Content-Disposition") ?? "") ?? [];
    const content = await reply.text();
    await machine.write({ path: `${folder}/.new`, mode: "0644", owner: "root", group: "root", content });
    const move = 'cd "$1" && mv .new "$(openssl crl -hash -noout -in .new).r0" && ls';
    expect(await machine.exec(["sh", "-euc", move, "sh", folder])).toBe(`${name ?? ""}\n`);
  };

  it.each(["rabbitmq-revocation", "release-revocation"] as const)(
    "refuse the revoked one as soon as they have the new file, and nobody else: %s",
    async (cluster: ClusterName) => {
      const [a, b, c] = [
        await site.install(site.at(PAIR[0]), cluster),
        await site.install(site.at(PAIR[1]), cluster),
        await site.install(site.at(STRANGER), cluster),
      ];
      const [one, two, three] = [await site.start(a), await site.start(b), await site.start(c)];
      expect(await connects(one, two)).toMatchObject({ connected: true });
      await revoke(b);
      expect(await connects(two, one)).toMatchObject({ connected: true });
      await refresh(a);
      const dialled = await connects(one, two);
      expect(dialled).toMatchObject({ connected: false });
      expect(dialled.log).toContain("Certificate Revoked");
      expect(await connects(two, one)).toMatchObject({ connected: false });
      expect(await two.eval(`node_control:probe('${one.name}')`)).toContain("certificate_revoked");
      expect(await three.eval(`node_control:probe('${one.name}')`)).toBe("accepted");
      expect(await connects(one, three)).toMatchObject({ connected: true });
      expect(await connects(three, one)).toMatchObject({ connected: true });
    },
  );

  it("let nobody in once their CRL has ended", async () => {
    const cluster = "release-revocation";
    const [a, b] = [
      await site.install(site.at(PAIR[0]), cluster),
      await site.install(site.at(PAIR[1]), cluster),
    ];
    const [one, two] = [await site.start(a), await site.start(b)];
    expect(await connects(one, two)).toMatchObject({ connected: true });
    const { name, pem } = await endedCrl(cluster);
    const path = `${dirname(a.bundle.privateKey.path)}/crls/${name}`;
    await a.machine.write({ path, mode: "0644", owner: "root", group: "root", content: pem });
    expect(await connects(one, two)).toMatchObject({ connected: false });
    expect(await connects(two, one)).toMatchObject({ connected: false });
  });

  const endedCrl = async (cluster: ClusterName): Promise<{ readonly name: string; readonly pem: string }> => {
    const now = Math.floor(Date.now() / 1000);
    const ca = await loadIssuingCa(site.ca(cluster), now);
    if (!ca.ok) throw new Error(ca.error.detail);
    const content = { number: 1, thisUpdate: now - 7200, nextUpdate: now - 3600, revoked: [] };
    return { name: crlFileName(ca.value), pem: writePem("X509 CRL", await signCrl(content, ca.value)) };
  };
});
