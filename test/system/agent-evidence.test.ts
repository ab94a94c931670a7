import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { configure, startAgentMachine, STATE, type AgentMachine } from "../support/agent.ts";
import {
  attestedDocument,
  makeHolder,
  signAttested,
  SUBSCRIPTION,
  VM,
} from "../support/attested-document.ts";
import { capability } from "../support/capability.ts";
import { documentPin, googleToken, identityDocument, tenMinutes } from "../support/cloud-statements.ts";
import { rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import { issueToken, makeKey, type Listener } from "../support/issuer.ts";
import { startMeddler, type Meddler, type Passing } from "../support/meddler.ts";
import {
  metadataEnvironment,
  startMetadataService,
  type MetadataService,
} from "../support/metadata-service.ts";
import { motoServer, startMoto, type Moto } from "../support/moto.ts";
import type { Outcome } from "../support/process.ts";
import { requireOrSkip } from "../support/requirements.ts";
import { sharedDir } from "../support/shared.ts";
import { ACCOUNT, assumeRole, speakJson } from "../support/sts.ts";

/** `interlock bootstrap --with KIND`, from nothing but the agent: the machine shows what it is, and the API believes it. */
const INSTANCE = "i-0123456789abcdef0";
const POD_TOKEN = "/var/run/secrets/interlock/token";
const CLOUDS = ["aws-iid", "aws-sts", "gcp", "azure"] as const;
const KINDS = [...CLOUDS, "kubernetes"] as const;
type Kind = (typeof KINDS)[number];

/** Each kind has a cluster of its own, and a name for this machine that its evidence says. */
const NODES: Readonly<Record<Kind, string>> = {
  "aws-iid": `rabbit@${INSTANCE}.aws-iid.internal`,
  "aws-sts": `rabbit@${INSTANCE}.aws-sts.internal`,
  gcp: "rabbit@mq-1.gcp.internal",
  azure: `rabbit@vm-${VM}.azure.internal`,
  kubernetes: "rabbit@mq-0.kubernetes.internal",
};

const issuer = makeKey("RS256", "k1");
const jwks = { keys: [issuer.jwk] };

const entries = (azureCa: string): Readonly<Record<Kind, object>> => ({
  "aws-iid": {
    method: "aws-iid",
    accounts: [ACCOUNT],
    node: "rabbit@{/instanceId}.aws-iid.internal",
    pins: [documentPin()],
  },
  "aws-sts": {
    method: "aws-sts",
    accounts: [ACCOUNT],
    regions: ["us-east-1"],
    node: "rabbit@{/instanceId}.aws-sts.internal",
  },
  gcp: {
    method: "jwt",
    preset: "google",
    jwks,
    claims: { "/google/compute_engine/project_id": "rabbit-prod" },
    node: "rabbit@{/google/compute_engine/instance_name}.gcp.internal",
  },
  azure: {
    method: "azure-imds",
    subscriptions: [SUBSCRIPTION],
    node: "rabbit@vm-{/vmId}.azure.internal",
    pins: [azureCa],
  },
  kubernetes: {
    method: "jwt",
    preset: "kubernetes",
    issuer: "https://kubernetes.default.svc",
    jwks,
    claims: { "/kubernetes.io/namespace": "mq", "/kubernetes.io/serviceaccount/name": "rabbit" },
    node: "rabbit@{/kubernetes.io/pod/name}.kubernetes.internal",
  },
});

/** As kubelet projects it. */
const podToken = (origin: string): string =>
  issueToken(issuer, {
    ...tenMinutes(),
    aud: [`${origin}/v1/clusters/kubernetes`],
    iss: "https://kubernetes.default.svc",
    sub: "system:serviceaccount:mq:rabbit",
    jti: crypto.randomUUID(),
    "kubernetes.io": {
      namespace: "mq",
      node: { name: "worker", uid: "1" },
      pod: { name: "mq-0", uid: "2" },
      serviceaccount: { name: "rabbit", uid: "3" },
    },
  });

const withMoto = requireOrSkip("moto_server", motoServer);
const withMachines = requireOrSkip("a machine with evidence", () => capability("evidence-nodes"));
const suite = sharedDir === null || withMoto === describe.skip ? describe.skip : withMachines;

suite("the agent shows what its machine is", () => {
  let moto: Moto;
  let sts: Listener;
  let deployment: Deployment;
  let metadata: MetadataService;
  let machine: AgentMachine;

  beforeAll(async () => {
    moto = await startMoto();
    sts = await speakJson(moto.endpoint);
    const now = Math.floor(Date.now() / 1000);
    const ca = await makeHolder({ subject: "CN=Azure TLS CA", now });
    const signer = await makeHolder({ issuer: ca, hosts: ["eastus.metadata.azure.com"], now });
    metadata = await startMetadataService({
      region: "us-east-1",
      identityDocument: () => identityDocument({ instanceId: INSTANCE }),
      roleCredentials: async () => {
        const session = await assumeRole(moto.endpoint, "aws:ec2-instance", INSTANCE);
        return {
          AccessKeyId: session.AWS_ACCESS_KEY_ID,
          SecretAccessKey: session.AWS_SECRET_ACCESS_KEY,
          Token: session.AWS_SESSION_TOKEN,
        };
      },
      identityToken: (audience) => googleToken(issuer, audience),
      attestedDocument: async (nonce) => {
        const content = await attestedDocument(new Uint8Array(), now, { nonce });
        return Buffer.from(await signAttested({ signer, content })).toString("base64");
      },
    });
    deployment = await startDeployment({
      publicOrigin: true,
      definitions: Object.fromEntries(
        Object.entries(entries(ca.pem)).map(([kind, entry]) => [
          kind,
          rabbitDefinition(`${kind}.internal`, { bootstrap: [entry, { method: "token" }] }),
        ]),
      ),
      variables: { AWS_ENDPOINT_URL_STS: sts.origin },
    });
  });
  afterAll(async () => {
    await deployment[Symbol.asyncDispose]();
    await metadata[Symbol.asyncDispose]();
    await sts[Symbol.asyncDispose]();
    await moto[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    metadata.fault = null;
    machine = await startAgentMachine(deployment, "mq-1.nodes.example.internal");
  });
  afterEach(() => machine[Symbol.asyncDispose]());

  /** Runs the agent where that cloud's metadata service is; all that it says is in `stdout`. */
  const run = (words: readonly string[], environment = {}, shell = "dash"): Promise<Outcome> =>
    machine.attempt(
      ["sh", "-c", '"$@" 2>&1', "sh", ...shell.split(" "), "/usr/local/sbin/interlock", ...words],
      {
        env: { ...metadataEnvironment(metadata.origin), ...environment },
        timeout: 90_000,
      },
    );
  const configured = (kind: Kind): Promise<void> =>
    configure(machine, {
      url: deployment.origin(),
      cluster: kind,
      node: NODES[kind],
      "token-file": "",
      with: kind,
    });
  const project = (token: string): Promise<void> =>
    machine.write({ path: POD_TOKEN, mode: "0600", owner: "root", group: "root", content: token });
  /** Frees the name, as for a machine that was made anew by hand. */
  const release = (kind: Kind): Promise<Response> =>
    deployment.administer(`/v1/clusters/${kind}/nodes/${encodeURIComponent(NODES[kind])}/release`, {
      method: "POST",
    });
  const installed = (): Promise<string> => machine.shell("find /etc/rabbitmq -type f 2>/dev/null || true");
  const leftovers = (): Promise<string> =>
    machine.shell(
      `ls -d ${STATE}/work 2>/dev/null || true; grep -rlE 'Authorization|Bearer|AWS-IID' ${STATE} /etc/interlock || true`,
    );

  describe.each(["dash", "busybox sh"])("in %s", (shell) => {
    it.each(KINDS)(
      "by %s: from nothing to an installed set, and nothing of the proof stays",
      async (kind) => {
        await release(kind);
        await project(podToken(deployment.origin()));
        const settings = ["--url", deployment.origin(), "--cluster", kind, "--node", NODES[kind]];
        const { code, stdout } = await run(["bootstrap", ...settings, "--with", kind], {}, shell);
        expect([code, stdout]).toEqual([0, expect.stringContaining(`${NODES[kind]} has certificate`)]);
        expect(await run(["status"], {}, shell)).toMatchObject({ code: 0 });
        expect(await leftovers()).toBe("");
        // The next runs know the kind, and do not need it.
        expect(await machine.shell("grep ^with= /etc/interlock/agent.conf")).toBe(`with=${kind}`);
        const before = metadata.requests.length;
        expect(await run(["renew", "--force", "yes"], {}, shell)).toMatchObject({ code: 0 });
        expect(metadata.requests.length).toBe(before);
      },
    );
  });

  describe("with a new request", () => {
    it.each(["aws-sts", "gcp", "azure"] as const)("%s is proof for that one, too", async (kind) => {
      await configured(kind);
      expect(await run(["bootstrap"])).toMatchObject({ code: 0 });
      const key = "sha256sum /etc/rabbitmq/tls/node_key.pem";
      const first = await machine.shell(key);
      await machine.shell(`rm -rf ${STATE} /etc/rabbitmq`);
      expect(await run(["bootstrap"])).toMatchObject({ code: 0 });
      expect(await machine.shell(key)).not.toBe(first);
    });
    it("an identity document is none: its first use was for another key", async () => {
      await configured("aws-iid");
      await release("aws-iid");
      expect(await run(["bootstrap"])).toMatchObject({ code: 0 });
      await machine.shell(`rm -rf ${STATE} /etc/rabbitmq`);
      const { code, stdout } = await run(["bootstrap"]);
      expect([code, stdout]).toEqual([5, expect.stringContaining("refused: credential-bound")]);
      expect([await installed(), await leftovers()]).toEqual(["", ""]);
    });
    it("a node whose certificate is refused comes back by itself", async () => {
      await configured("gcp");
      await release("gcp");
      await run(["bootstrap"]);
      // A certificate renews once: the one that the rollback brings back has renewed already.
      expect(await run(["renew", "--force", "yes", "--new-key", "yes"])).toMatchObject({ code: 0 });
      expect(await run(["rollback"])).toMatchObject({ code: 0 });
      const { code, stdout } = await run(["renew", "--force", "yes"]);
      expect([code, stdout]).toEqual([0, expect.stringContaining("refused: ")]);
      expect(await run(["status"])).toMatchObject({ code: 0 });
    });
  });

  describe("and says what is wrong with its metadata service", () => {
    const failsHarmlessly = async (kind: Kind, why: string, environment = {}): Promise<void> => {
      const { code, stdout } = await run(["bootstrap"], environment);
      expect([code, stdout]).toEqual([14, expect.stringContaining(why)]);
      expect(stdout).toContain(`no evidence of ${kind}; nothing was changed`);
      expect([await installed(), await leftovers()]).toEqual(["", ""]);
    };
    /** Once the service is back, the same command succeeds. */
    const recovers = async (): Promise<void> => {
      metadata.fault = null;
      expect(await run(["bootstrap"])).toMatchObject({ code: 0 });
    };

    beforeEach(() => Promise.all(KINDS.map(release)));

    it.each(CLOUDS)("%s: nobody listens, it refuses, a page to sign in", async (kind) => {
      await configured(kind);
      const nowhere = metadataEnvironment("http://127.0.0.1:1");
      await failsHarmlessly(kind, "there is no answer from", nowhere);
      metadata.fault = "refuses";
      await failsHarmlessly(kind, "the metadata service refuses");
      metadata.fault = "shows a page";
      await failsHarmlessly(kind, "what answers at");
      await recovers();
    });
    it.each(["aws-iid", "aws-sts"] as const)("%s: no answer ever", async (kind) => {
      await configured(kind);
      metadata.fault = "hangs";
      await failsHarmlessly(kind, "there is no answer from");
      await recovers();
    });
    it("kubernetes: no token is projected, or what is projected is none", async () => {
      await configured("kubernetes");
      await failsHarmlessly("kubernetes", `there is no ${POD_TOKEN}`);
      await project("<html></html>");
      await failsHarmlessly("kubernetes", `${POD_TOKEN} is no token`);
      await project(podToken(deployment.origin()));
      await recovers();
    });
    it("aws-sts: there is no python3", async () => {
      await configured("aws-sts");
      await machine.shell("mkdir /few; ln -s /usr/bin/* /few; rm /few/python3*");
      const few = { PATH: "/usr/local/sbin:/few:/usr/sbin" };
      await failsHarmlessly("aws-sts", "there is no python3 here", few);
    });
  });

  describe("with something between it and the API", () => {
    let meddler: Meddler;
    beforeEach(async () => {
      meddler = await startMeddler(deployment.origin());
      await configured("gcp");
      await release("gcp");
    });
    afterEach(() => meddler[Symbol.asyncDispose]());
    const bootstrap = (): Promise<Outcome> => run(["bootstrap"], { http_proxy: meddler.origin });
    const instead = (changes: (reply: Passing) => Partial<Passing>): void => {
      meddler.meddle = (reply) => ({ ...reply, ...changes(reply) });
    };

    it("asks the metadata service itself, and anew for each try", async () => {
      // The script, then the request, which is answered badly once.
      meddler.meddle = (reply, request) =>
        request === 2 ? { ...reply, status: 503, body: "later\n" } : reply;
      const before = metadata.requests.length;
      expect(await bootstrap()).toMatchObject({ code: 0 });
      expect([meddler.requests, metadata.requests.length - before]).toEqual([3, 2]);
    });
    it.each<[string, (reply: Passing) => Partial<Passing>, number, string]>([
      ["a page instead of the script", () => ({ body: "<html></html>\n" }), 6, "not from the API"],
      ["half of the script", ({ body }) => ({ body: body.slice(0, 900) }), 6, "cut short"],
      [
        "an API without scripts",
        () => ({ status: 404, body: "route-unknown: no\n" }),
        5,
        "refused: route-unknown",
      ],
      ["a gateway's error", () => ({ status: 502, body: "bad\n" }), 4, "the API answered 502"],
    ])("%s is not run", async (_, changes, code, why) => {
      instead(changes);
      const before = metadata.requests.length;
      const outcome = await bootstrap();
      expect([outcome.code, outcome.stdout]).toEqual([code, expect.stringContaining(why)]);
      expect([metadata.requests.length - before, await installed(), await leftovers()]).toEqual([0, "", ""]);
    });
    it("says that the clock is wrong before it shows anything", async () => {
      await machine.shell(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=api -addext subjectAltName=IP:127.0.0.1 -keyout /tmp/key -out /tmp/cert 2>/dev/null",
      );
      await using tls = await startMeddler(deployment.origin(), {
        cert: await machine.shell("cat /tmp/cert"),
        key: await machine.shell("cat /tmp/key"),
      });
      tls.meddle = (reply) => ({ ...reply, headers: { date: "Sun, 06 Nov 1994 08:49:37 GMT" } });
      const before = metadata.requests.length;
      const { code, stdout } = await run(["bootstrap", "--url", tls.origin]);
      expect([code, stdout]).toEqual([7, expect.stringContaining("Sun, 06 Nov 1994 08:49:37 GMT")]);
      expect(metadata.requests.length).toBe(before);
    });
  });

  it("runs its scripts where no program may be run", async () => {
    await configured("gcp");
    await machine.shell(`mkdir -p ${STATE} && mount -t tmpfs -o noexec tmpfs ${STATE}`);
    expect(await run(["bootstrap"])).toMatchObject({ code: 0 });
  });
  it("of kind and token-file, takes the one given last", async () => {
    await configured("azure");
    await machine.give(await deployment.mint("azure", { exact: NODES.azure }));
    await release("azure");
    const before = metadata.requests.length;
    const token = ["--with", "azure", "--token-file", "/run/interlock.token"];
    expect(await run(["bootstrap", ...token])).toMatchObject({ code: 0 });
    expect(metadata.requests.length).toBe(before);
    await machine.shell(`rm -rf ${STATE} /etc/rabbitmq`);
    await release("azure");
    expect(await run(["bootstrap", "--token-file", "/none", "--with", "azure"])).toMatchObject({ code: 0 });
    expect(metadata.requests.length).toBe(before + 1);
  });
  it("admits no node that was revoked: that takes an administrator's token", async () => {
    await configured("azure");
    await run(["bootstrap"]);
    const path = `/v1/clusters/azure/nodes/${encodeURIComponent(NODES.azure)}/revoke`;
    expect((await deployment.administer(path, { method: "POST", body: "{}" })).status).toBe(200);
    const { code, stdout } = await run(["renew", "--force", "yes"]);
    expect([code, stdout]).toEqual([5, expect.stringContaining("refused: revoked")]);
    await machine.give(await deployment.mint("azure", { exact: NODES.azure }));
    const token = ["--token-file", "/run/interlock.token"];
    expect(await run(["renew", "--force", "yes", ...token])).toMatchObject({ code: 0 });
  });
});
