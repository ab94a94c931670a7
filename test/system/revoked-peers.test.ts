import { dirname } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
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

  /** What docs/operations.md tells a node to do daily: the file, under the name that the reply gives it. */
  const refresh = async ({ machine, cluster, bundle }: Installation): Promise<void> => {
    const reply = await fetch(`${site.deployment.origin()}/v1/clusters/${cluster}/crl.r0`);
    const name = /filename="(.+)"/.exec(reply.headers.get("Content-Disposition") ?? "")?.[1] ?? "";
    const folder = `${dirname(bundle.privateKey.path)}/crls`;
    expect((await machine.exec(["ls", folder])).trim()).toBe(name);
    const content = await reply.text();
    await machine.write({ path: `${folder}/${name}`, mode: "0644", owner: "root", group: "root", content });
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
      expect(await connects(one, three)).toMatchObject({ connected: true });
      expect(await connects(three, one)).toMatchObject({ connected: true });
    },
  );
});
