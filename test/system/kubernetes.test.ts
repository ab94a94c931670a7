import { StatefulSet } from "kubernetes-models/apps/v1/StatefulSet";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { ConfigMap } from "kubernetes-models/v1/ConfigMap";
import { Namespace } from "kubernetes-models/v1/Namespace";
import { Service } from "kubernetes-models/v1/Service";
import { ServiceAccount } from "kubernetes-models/v1/ServiceAccount";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import * as z from "zod";
import { plainAudience } from "../../src/auth/audience.ts";
import { parseClusters } from "../../src/policy/clusters.ts";
import { capability } from "../support/capability.ts";
import { startDeployment, type Definitions, type Deployment } from "../support/deployment.ts";
import { issueToken, makeKey } from "../support/issuer.ts";
import { startLoneMachine, type LoneMachine } from "../support/lone-machine.ts";
import { startMachines, type Machines } from "../support/machines.ts";
import type { Outcome } from "../support/process.ts";
import { clusterMembers, joinCluster, startRabbitmq } from "../support/rabbitmq.ts";
import { requireOrSkip } from "../support/requirements.ts";
import { makeClusterSecret } from "../support/test-ca.ts";

/** The recipes of `infra/kubernetes`: held to Kubernetes' own schemas, and run as far as one machine can. */
const FILES = ["interlock", "rabbitmq", "emqx", "rabbitmqcluster"] as const;
const ORIGIN = "https://interlock.example.com";

const Manifest = z.looseObject({ apiVersion: z.string(), kind: z.string() });
type Manifest = z.infer<typeof Manifest>;

const manifests = (file: (typeof FILES)[number]): readonly Manifest[] =>
  parseAllDocuments(readFileSync(`infra/kubernetes/${file}.yaml`, "utf8")).map((document) => {
    const [defect] = document.errors;
    if (defect !== undefined) throw new Error(`${file}.yaml: ${defect.message}`);
    return Manifest.parse(document.toJS());
  });

/** A model says what is wrong by throwing. Its constructor wants its own type, which is what validation is to find out. */
interface Model {
  validate: () => void;
}
const MODELS: Readonly<Record<string, new (content: never) => Model>> = {
  "apps/v1 StatefulSet": StatefulSet,
  "v1 ConfigMap": ConfigMap,
  "v1 Namespace": Namespace,
  "v1 Service": Service,
  "v1 ServiceAccount": ServiceAccount,
  "networking.k8s.io/v1 NetworkPolicy": NetworkPolicy,
};

const validate = (manifest: Manifest): void => {
  const Kind = MODELS[`${manifest.apiVersion} ${manifest.kind}`];
  if (Kind === undefined) throw new Error(`there is no schema for ${manifest.kind}`);
  new Kind(manifest as never).validate();
};

const Env = z.array(z.object({ name: z.string(), value: z.string().optional() }));
const Container = z.looseObject({
  name: z.string(),
  env: Env.default([]),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).default([]),
});
const PodSpec = z.looseObject({
  serviceAccountName: z.string().optional(),
  initContainers: z.array(Container),
  containers: z.array(Container),
  volumes: z.array(z.looseObject({ name: z.string() })),
});
const Template = z.looseObject({ spec: z.looseObject({ template: z.looseObject({ spec: PodSpec }) }) });
const Operated = z.looseObject({ spec: z.looseObject({ override: z.object({ statefulSet: Template }) }) });

/** The pods of a recipe, whoever makes them. */
const podSpec = (file: "rabbitmq" | "emqx" | "rabbitmqcluster"): z.infer<typeof PodSpec> => {
  const found = manifests(file);
  const set = found.find(({ kind }) => kind === "StatefulSet");
  const template =
    set === undefined ? Operated.parse(found[0]).spec.override.statefulSet : Template.parse(set);
  return template.spec.template.spec;
};

const Definition = z.looseObject({
  clusters: z.record(
    z.string(),
    z.looseObject({
      ca: z.object({ secret: z.string() }),
      bootstrap: z.array(
        z.looseObject({
          claims: z.record(z.string(), z.string()),
          node: z.string(),
        }),
      ),
    }),
  ),
});
const EXAMPLE: unknown = JSON.parse(readFileSync("infra/kubernetes/clusters.json", "utf8"));
const { clusters } = Definition.parse(EXAMPLE);

const RECIPES = [
  ["rabbitmq", "rabbitmq", "rabbitmq", "data"],
  ["emqx", "emqx", "emqx", "data"],
  ["rabbitmqcluster", "operated", "operated-server", "persistence"],
] as const;

describe("the manifests", () => {
  it.each(FILES.filter((file) => file !== "rabbitmqcluster"))(
    "%s.yaml holds to Kubernetes' schemas",
    (file) => {
      for (const manifest of manifests(file)) validate(manifest);
    },
  );
  it("the operator's override makes a pod that holds to them", () => {
    const spec = podSpec("rabbitmqcluster");
    validate({
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "operated-server" },
      spec: {
        serviceName: "operated-nodes",
        selector: { matchLabels: { a: "b" } },
        template: { metadata: { labels: { a: "b" } }, spec },
      },
    });
  });
  it("are held to them indeed: a wrong one does not pass", () => {
    const set = manifests("rabbitmq").find(({ kind }) => kind === "StatefulSet");
    expect(() =>
      validate({ ...set, apiVersion: "apps/v1", kind: "StatefulSet", spec: { replicas: "3" } }),
    ).toThrow();
  });

  describe.each(RECIPES)("%s.yaml", (file, cluster, account, volume) => {
    const spec = podSpec(file);
    const agents = spec.initContainers;
    const value = (name: string): (string | undefined)[] =>
      agents.map(({ env }) => env.find((variable) => variable.name === name)?.value);

    it("names each node as the definition makes it of the pod's own token", () => {
      const bootstrap = clusters[cluster]?.bootstrap[0];
      expect(bootstrap?.claims["/kubernetes.io/serviceaccount/name"]).toBe(account);
      const node = bootstrap?.node.replace("{/kubernetes.io/pod/name}", "$(POD)");
      expect(value("INTERLOCK_NODE")).toEqual([node, node]);
      expect(value("INTERLOCK_CLUSTER")).toEqual([cluster, cluster]);
    });
    it("asks for a token that is good for this cluster alone", () => {
      expect(value("INTERLOCK_URL")).toEqual([ORIGIN, ORIGIN]);
      expect(spec.volumes.find(({ name }) => name === "interlock-token")).toMatchObject({
        projected: { sources: [{ serviceAccountToken: { audience: plainAudience(ORIGIN, cluster) } }] },
      });
    });
    it("puts the key where the rendered files look for it", async () => {
      const parsed = await parseClusters(EXAMPLE);
      const settings = parsed.ok ? parsed.value.get(cluster)?.render : undefined;
      const certsDir = settings?.certsDir;
      expect(value("INTERLOCK_CERTS").map((folder) => folder ?? "/etc/interlock/tls")).toEqual([
        certsDir,
        certsDir,
      ]);
      expect(settings?.configDir).toBe("/etc/interlock");
    });
    it("keeps the key on the pod's own volume, and mounts nothing that is not there", () => {
      const volumes = new Set([...spec.volumes.map(({ name }) => name), volume]);
      for (const { name, volumeMounts } of [...agents, ...spec.containers]) {
        expect([name, volumeMounts.filter((mount) => !volumes.has(mount.name))]).toEqual([name, []]);
        expect([name, volumeMounts.find(({ mountPath }) => mountPath === "/etc/interlock")?.name]).toEqual([
          name,
          volume,
        ]);
      }
    });
  });
});

const SCRIPT = z
  .looseObject({ data: z.object({ "interlock.sh": z.string() }) })
  .parse(manifests("interlock").find(({ kind }) => kind === "ConfigMap")).data["interlock.sh"];

requireOrSkip("pods of RabbitMQ", () => {
  const agent = capability("agent-nodes");
  return agent.available ? capability("rabbitmq-servers") : agent;
})("pods of RabbitMQ", () => {
  const ISSUER = "https://kubernetes.default.svc.cluster.local";
  const key = makeKey("RS256", "apiserver");
  const host = (pod: string): string => `${pod}.rabbitmq-nodes.mq.svc.cluster.local`;
  const PODS = ["rabbitmq-0", "rabbitmq-1"] as const;
  let deployment: Deployment;
  let machines: Machines;
  const pods: LoneMachine[] = [];

  beforeAll(async () => {
    const definition = clusters["rabbitmq"];
    if (definition === undefined) throw new Error("the example has no cluster rabbitmq");
    const [bootstrap] = definition.bootstrap;
    const definitions: Definitions = {
      rabbitmq: { ...definition, bootstrap: [{ ...bootstrap, issuer: ISSUER, jwks: { keys: [key.jwk] } }] },
    };
    const secret = { ...(await makeClusterSecret()), cookie: "one-cookie-for-all" };
    deployment = await startDeployment({
      definitions,
      publicOrigin: true,
      secrets: { [definition.ca.secret]: secret },
    });
    machines = await startMachines(PODS.map(host));
  });
  afterAll(async () => {
    for (const pod of pods) await pod[Symbol.asyncDispose]();
    await machines[Symbol.asyncDispose]();
    await deployment[Symbol.asyncDispose]();
  });

  /** As kube-apiserver projects it. */
  const tokenOf = (pod: string, audience = plainAudience(deployment.origin(), "rabbitmq")): string => {
    const now = Math.floor(Date.now() / 1000);
    return issueToken(key, {
      iss: ISSUER,
      aud: [audience],
      exp: now + 3600,
      iat: now,
      nbf: now,
      jti: crypto.randomUUID(),
      sub: "system:serviceaccount:mq:rabbitmq",
      "kubernetes.io": {
        namespace: "mq",
        node: { name: "worker-1", uid: crypto.randomUUID() },
        pod: { name: pod, uid: crypto.randomUUID() },
        serviceaccount: { name: "rabbitmq", uid: crypto.randomUUID() },
      },
    });
  };
  const owned = { mode: "0600", owner: "rabbitmq", group: "rabbitmq" };
  /** The init container, less the container. */
  const init = async (machine: LoneMachine, pod: string, token: string): Promise<Outcome> => {
    await machine.exec(["install", "-d", "-o", "rabbitmq", "-g", "rabbitmq", "/etc/interlock", "/pod"]);
    await machine.write({ ...owned, path: "/pod/token", content: token });
    await machine.write({ ...owned, path: "/pod/interlock.sh", content: SCRIPT });
    return machine.attempt(["sh", "/pod/interlock.sh"], {
      user: "rabbitmq",
      env: {
        INTERLOCK_URL: deployment.origin(),
        INTERLOCK_CLUSTER: "rabbitmq",
        INTERLOCK_NODE: `rabbit@${host(pod)}`,
        INTERLOCK_TOKEN_FILE: "/pod/token",
      },
    });
  };

  it("get a certificate each from their own token, and cluster", async () => {
    const servers = [];
    for (const pod of PODS) {
      const lone = await startLoneMachine(host(pod));
      pods.push(lone);
      expect(await init(lone, pod, tokenOf(pod))).toMatchObject({ code: 0 });
      const volume = await lone.exec([
        "sh",
        "-c",
        "tar -cz -C / etc/interlock var/lib/rabbitmq/.erlang.cookie | base64",
      ]);
      const machine = machines.at(host(pod));
      await machine.exec(["sh", "-c", "base64 -d | tar -xzmp -C /"], { stdin: volume });
      const env = { RABBITMQ_CONF_ENV_FILE: "/etc/interlock/rabbitmq-env.conf" };
      servers.push(await startRabbitmq(machine, { cookie: null, env }));
    }
    const [first, second] = servers;
    if (first === undefined || second === undefined) throw new Error("two servers were started");
    await joinCluster(second, first);
    expect(await clusterMembers(first)).toEqual(PODS.map((pod) => `rabbit@${host(pod)}`));
  });

  it("keep their certificate when they are made again, and while the API is of no help", async () => {
    const [pod] = pods;
    if (pod === undefined) throw new Error("no pod was started");
    const serial = (): Promise<string> =>
      pod.exec(["openssl", "x509", "-in", "/etc/interlock/tls/node.pem", "-noout", "-serial"]);
    const before = await serial();
    expect(await init(pod, PODS[0], tokenOf(PODS[0]))).toMatchObject({ code: 0 });
    expect(await init(pod, PODS[0], "not-a-token")).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("still good") as unknown,
    });
    expect(await serial()).toBe(before);
  });

  it("get none for another pod's name, nor with a token for somebody else", async () => {
    await using stranger = await startLoneMachine(host("rabbitmq-2"));
    const other = await init(stranger, "rabbitmq-2", tokenOf("rabbitmq-7"));
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining("node-not-allowed") as unknown });
    const elsewhere = await init(stranger, "rabbitmq-2", tokenOf("rabbitmq-2", ISSUER));
    expect(elsewhere.code).toBe(1);
  });

  it("are reached by each other alone, with the policy that the API renders", async () => {
    const node = `rabbit@${host(PODS[0])}`;
    const reply = await fetch(
      `${deployment.origin()}/v1/clusters/rabbitmq/nodes/${node}/config?with=firewall`,
    );
    const { files } = z
      .object({ files: z.array(z.object({ path: z.string(), content: z.string() })) })
      .parse(await reply.json());
    const file = files.find(({ path }) => path.endsWith("/network-policy.json"));
    validate(Manifest.parse(JSON.parse(file?.content ?? "")));
  });
});
