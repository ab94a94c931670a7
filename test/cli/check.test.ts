import { beforeEach, describe, expect, it } from "vitest";
import { parseClusterSecret } from "../../src/custody/cluster-secret.ts";
import { clusterWorld, DEFINITIONS, fakeWorld, interlock, type FakeWorld } from "./world.ts";

let world: FakeWorld;
beforeEach(() => {
  world = clusterWorld();
});

describe("interlock check", () => {
  it("holds good definitions for good, without a secret", async () => {
    expect(await interlock("check", world)).toBe(0);
    expect(world.said.out).toBe("infra/clusters.json holds: mq, edge, closed\n");
  });

  it("says where the Worker will want PUBLIC_ORIGIN", async () => {
    const definitions = JSON.parse(DEFINITIONS) as { clusters: Record<string, object> };
    const bootstrap = [
      {
        method: "jwt",
        preset: "kubernetes",
        issuer: "https://issuer.test",
        jwks: "https://issuer.test/keys",
        claims: { "/kubernetes.io/namespace": "mq", "/kubernetes.io/serviceaccount/name": "mq" },
        node: "rabbit@{/kubernetes.io/pod/name}.prod.internal",
      },
    ];
    const pods = JSON.stringify({ clusters: { mq: { ...definitions.clusters["mq"], bootstrap } } });
    const without = clusterWorld({ "infra/clusters.json": pods });
    expect(await interlock("check", without)).toBe(0);
    expect(without.said.err).toBe(
      'mq takes web tokens with "audience": "cluster": the Worker does not start without PUBLIC_ORIGIN\n',
    );
    const set = clusterWorld({ "infra/clusters.json": pods }, { PUBLIC_ORIGIN: "https://interlock.example" });
    expect(await interlock("check", set)).toBe(0);
    expect(set.said.err).toBe("");
  });

  it("tells everything that is wrong with the secrets in one run", async () => {
    await interlock("init --cluster mq", world);
    world.files.set("edge.secret.json", "{}");
    world.said.err = "";
    expect(await interlock("check --store file", world)).toBe(1);
    expect(world.said).toEqual({
      out: "",
      err: [
        "interlock: edge: the secret is not a cluster secret: version must be 1\n",
        "interlock: closed: no secret from the file closed.secret.json (not-found)\n",
      ].join(""),
    });
  });

  it("says until when each CA is good", async () => {
    for (const id of ["mq", "edge", "closed"])
      await interlock(`init --cluster ${id} --store embedded`, world);
    expect(await interlock("check --store embedded", world)).toBe(0);
    expect(world.said.out).toMatch(
      /^mq: ec-p256 CA until 2030-01-1\d, generation [0-9a-f]{12}\nedge: .*\nclosed: .*\n$/,
    );
  });

  it("checks one cluster's secret, in a file of any name", async () => {
    await interlock("init --cluster mq --secret elsewhere.json", world);
    expect(await interlock("check --cluster mq --store file --secret elsewhere.json", world)).toBe(0);
    expect(await interlock("check --store file --secret elsewhere.json", world)).toBe(2);
    expect(await interlock("check --cluster other --store file", world)).toBe(1);
  });

  it("finds two clusters that trust one root", async () => {
    await interlock("init --cluster mq", world);
    await interlock("init --cluster edge", world);
    const [mq, edge] = ["mq", "edge"].map((id) =>
      parseClusterSecret(world.files.get(`${id}.secret.json`) ?? ""),
    );
    if (mq?.ok !== true || edge?.ok !== true) throw new Error("both secrets are well");
    world.files.set(
      "edge.secret.json",
      JSON.stringify({ ...edge.value, trustBundle: edge.value.trustBundle + mq.value.trustBundle }),
    );
    await interlock("init --cluster closed", world);
    world.said.err = "";
    expect(await interlock("check --store file", world)).toBe(1);
    expect(world.said.err).toBe(
      "interlock: mq and edge trust the same root: every node of one can enter the other\n",
    );
  });

  it("lets two clusters share one secret where both say so", async () => {
    const shared = {
      product: "erlang",
      nodes: { names: ["app"], hosts: ["*.prod.internal"] },
      ca: { secret: "one", sharedCa: true },
      bootstrap: [],
    };
    const pair = fakeWorld({ "infra/clusters.json": JSON.stringify({ clusters: { a: shared, b: shared } }) });
    await interlock("init --cluster a --store embedded", pair);
    expect(await interlock("check --store embedded", pair)).toBe(0);
  });
});
