import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { capability } from "../support/capability.ts";
import { startDeployment, type Deployment } from "../support/deployment.ts";
import { connects } from "../support/distribution.ts";
import {
  caOf,
  COOKIE,
  erlangDefinitions,
  makeErlangSecrets,
  nodeOn,
  startScriptOf,
  ZONE,
  type ClusterName,
} from "../support/erlang-clusters.ts";
import { startErlangNode, type ErlangNode } from "../support/erlang-node.ts";
import { signLeaf, type Leaf } from "../support/leaf.ts";
import type { Machine } from "../support/machine.ts";
import { startMachines, type Machines } from "../support/machines.ts";
import { installBundle, requestBundle, type NodeBundle } from "../support/node-bundle.ts";
import { requireOrSkip } from "../support/requirements.ts";
import { startScript } from "../support/start-scripts.ts";
import type { ClusterSecret } from "../support/test-ca.ts";

/** The issue in one word: two nodes, each started from its own bundle and nothing else, connect; everybody else is refused. */
const describeNodes = requireOrSkip("erlang-nodes", () => capability("erlang-nodes"));

/** What a bundle can be, by the words of `docs/matrix.md`: its cluster and the options of the call. */
const FORMS: readonly (readonly [what: string, cluster: ClusterName, options?: string])[] = [
  ["rabbitmq, option file", "rabbitmq"],
  ["rabbitmq, option file, key in the certificate's file", "rabbitmq", "combined=true"],
  ["rabbitmq, flags", "rabbitmq", "strategy=flags"],
  ["rabbitmq, flags, key in the certificate's file", "rabbitmq", "strategy=flags&combined=true"],
  ["rabbitmq, short names", "rabbitmq-bare"],
  ["rabbitmq, wildcard", "rabbitmq-wildcard"],
  ["emqx, addresses as hosts", "emqx"],
  ["emqx in a container", "emqx-docker"],
  ["mongooseim, option file", "mongooseim"],
  ["mongooseim, flags", "mongooseim", "strategy=flags"],
  ["vm.args, option file", "release"],
  ["vm.args, flags, short names", "release-bare", "strategy=flags"],
  ["vm.args, addresses as hosts", "release-address"],
  ["vm.args, wildcard", "release-wildcard"],
  ["vm.args, without epmd", "release-without-epmd"],
  ["elixir release", "elixir"],
  ["elixir release, flags, without epmd", "elixir-without-epmd", "strategy=flags"],
  ["ERL_FLAGS, option file", "erl-flags"],
  ["ERL_FLAGS, flags", "erl-flags", "strategy=flags"],
  ["ejabberd, option file", "ejabberd"],
  ["ejabberd, flags, without epmd", "ejabberd-without-epmd", "strategy=flags"],
];

/** Flags cannot ask for a version: what they give is the default of the OTP release (`erlang.md` §6). */
const versionOf = (options = ""): unknown =>
  options.includes("strategy=flags") ? expect.stringMatching(/^tlsv1\.[23]$/) : "tlsv1.3";

describeNodes("Erlang nodes", () => {
  let deployment: Deployment;
  let machines: Machines;
  let [one, two, stranger, six, seven]: (Machine | undefined)[] = [];
  let secrets: Readonly<Record<string, ClusterSecret>>;
  beforeAll(async () => {
    secrets = await makeErlangSecrets();
    deployment = await startDeployment({ definitions: erlangDefinitions, secrets });
    machines = await startMachines([`n1.${ZONE}`, `n2.${ZONE}`, `n3.${ZONE}`, "fd00:77::1", "fd00:77::2"]);
  });
  afterAll(async () => {
    await machines[Symbol.asyncDispose]();
    await deployment[Symbol.asyncDispose]();
  });
  it("x6", async () => {
    const m6 = [machines.at("fd00:77::1"), machines.at("fd00:77::2")] as const;
    const ns = [];
    for (const m of m6) {
      const b = await requestBundle(deployment, { cluster: "release-address", node: nodeOn(m, "release-address") });
      await installBundle(m, b);
      ns.push(await startErlangNode(m, { program: startScript("vm-args"), user: "app", cookie: null }));
    }
    console.log(await connects(ns[0]!, ns[1]!), await connects(ns[1]!, ns[0]!));
    await Promise.all(ns.map((n) => n.stop()));
  });
});
