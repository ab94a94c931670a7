import { beforeEach, describe, expect, it } from "vitest";
import { parseEnv } from "node:util";
import { loadSnapshot, parseClusterSecret } from "../../src/custody/cluster-secret.ts";
import { answerError, fakeSecretsManager, type Answer } from "../custody/fake-secrets-manager.ts";
import { clusterWith } from "../policy/cluster.ts";
import { clusterWorld, interlock, NOW, type FakeWorld } from "./world.ts";

const DAY = 86_400;
const VARIABLE = "CLUSTER_SECRET_INTERLOCK_MQ";

let world: FakeWorld;
beforeEach(() => {
  world = clusterWorld();
});

const secretIn = (path: string) => {
  const secret = parseClusterSecret(world.files.get(path) ?? "");
  if (!secret.ok) throw new Error(secret.error.detail);
  return secret.value;
};

describe("interlock init", () => {
  it("makes a root to keep offline and a secret that the Worker loads", async () => {
    expect(await interlock("init --cluster mq --out offline", world)).toBe(0);
    expect([...world.files.keys()]).toEqual([
      "infra/clusters.json",
      "offline/mq.root.key",
      "offline/mq.root.pem",
      "mq.secret.json",
    ]);
    expect([...world.owned]).toEqual(["offline/mq.root.key", "offline/mq.root.pem", "mq.secret.json"]);
    const snapshot = await loadSnapshot(world.files.get("mq.secret.json") ?? "", clusterWith(), NOW);
    expect(snapshot).toMatchObject({
      ok: true,
      value: {
        cookie: null,
        ca: {
          keyType: "ec-p256",
          nameConstraints: { permitted: null, excluded: [] },
          notBefore: NOW - 300,
          notAfter: NOW - 300 + 1095 * DAY - 1,
          trustBundlePem: world.files.get("offline/mq.root.pem"),
        },
      },
    });
  });

  it("keeps the root's key out of the secret, and every key out of what it says", async () => {
    await interlock("init --cluster mq --cookie", world);
    const secret = secretIn("mq.secret.json");
    const rootKey = world.files.get("mq.root.key") ?? "";
    expect(rootKey).toContain("BEGIN PRIVATE KEY");
    expect(world.files.get("mq.secret.json")).not.toContain(rootKey.split("\n")[1]);
    const said = world.said.out + world.said.err;
    expect(said).toContain("KEEP OFFLINE");
    const secrets = [rootKey, secret.privateKey, secret.tokenKey, secret.cookie ?? ""].flatMap((text) =>
      text.trim().split("\n"),
    );
    expect(secrets.filter((line) => !line.startsWith("-----") && said.includes(line))).toEqual([]);
  });

  it("makes other keys each time", async () => {
    await interlock("init --cluster mq", world);
    const first = secretIn("mq.secret.json");
    world = clusterWorld();
    await interlock("init --cluster mq", world);
    const second = secretIn("mq.secret.json");
    expect(second.tokenKey).not.toBe(first.tokenKey);
    expect(second.privateKey).not.toBe(first.privateKey);
  });

  it("makes an Erlang cookie on request", async () => {
    await interlock("init --cluster mq --cookie", world);
    expect(secretIn("mq.secret.json").cookie).toMatch(/^[0-9a-f]{40}$/);
  });

  it("says that an RSA secret is too large for a Worker's variable, and nothing of it otherwise", async () => {
    await interlock("init --cluster mq", world);
    expect(world.said.err).not.toContain("too large");
    await interlock("init --cluster edge --key rsa-3072", world);
    expect(world.said.err).toContain("too large for a variable of a Worker");
  });

  it.each(["ec-p256", "ec-p384", "rsa-2048", "rsa-3072"])("makes a CA with an %s key", async (key) => {
    expect(await interlock(`init --cluster mq --key ${key}`, world)).toBe(0);
    expect(await loadSnapshot(world.files.get("mq.secret.json") ?? "", clusterWith(), NOW)).toMatchObject({
      ok: true,
      value: { ca: { keyType: key } },
    });
  });

  it("holds the CA to the definition's hosts on request", async () => {
    expect(await interlock("init --cluster edge --constrain", world)).toBe(0);
    const snapshot = await loadSnapshot(
      world.files.get("edge.secret.json") ?? "",
      clusterWith({ product: "emqx" }),
      NOW,
    );
    expect(snapshot).toMatchObject({
      ok: true,
      value: { ca: { nameConstraints: { permitted: ["prod.internal"], excluded: [] } } },
    });
  });

  it("says why a cluster cannot be constrained, and writes nothing", async () => {
    expect(await interlock("init --cluster mq --constrain", world)).toBe(1);
    expect(world.said.err).toContain(
      "the CA of mq cannot be constrained: RabbitMQ's stream replicas dial the bare host name",
    );
    expect([...world.files.keys()]).toEqual(["infra/clusters.json"]);
  });

  it.each([
    ["a key type that no ceremony makes", "--key ed25519"],
    ["a lifetime that is none", "--lifetime 3y"],
    ["a CA that ends within a certificate's life", "--lifetime 90d"],
    ["a root that ends before its CA", "--lifetime 1095d --root-lifetime 1094d"],
    ["a root lifetime that is none", "--root-lifetime x"],
    ["an unknown store", "--store vault"],
    ["force for a file", "--store file --force"],
  ])("refuses %s, and writes nothing", async (_what, options) => {
    expect(await interlock(`init --cluster mq ${options}`, world)).toBe(2);
    expect([...world.files.keys()]).toEqual(["infra/clusters.json"]);
  });

  it.each(["mq.root.key", "mq.root.pem", "mq.secret.json"])(
    "never overwrites %s, and leaves nothing else behind",
    async (path) => {
      world.files.set(path, "precious");
      expect(await interlock("init --cluster mq", world)).toBe(1);
      expect(world.said.err).toContain(`${path} is there already`);
      expect(Object.fromEntries(world.files)).toEqual({
        "infra/clusters.json": world.files.get("infra/clusters.json"),
        [path]: "precious",
      });
    },
  );
});

describe("interlock init --store embedded", () => {
  it("adds the variable to .dev.vars and leaves the others as they are", async () => {
    world.files.set(".dev.vars", "ADMIN_TOKEN=x # comment\nOTHER='y z'\n");
    expect(await interlock("init --cluster mq --store embedded", world)).toBe(0);
    const text = world.files.get(".dev.vars") ?? "";
    expect(text.startsWith("ADMIN_TOKEN=x # comment\nOTHER='y z'\nCLUSTER_SECRET_INTERLOCK_MQ='{")).toBe(
      true,
    );
    expect(await loadSnapshot(parseEnv(text)[VARIABLE] ?? "", clusterWith(), NOW)).toMatchObject({
      ok: true,
    });
    expect(world.owned).toContain(".dev.vars");
  });

  it("takes CA_STORE from the environment, and another file from --dev-vars", async () => {
    world = clusterWorld({}, { CA_STORE: "embedded" });
    expect(await interlock("init --cluster mq --dev-vars other.vars", world)).toBe(0);
    expect(parseEnv(world.files.get("other.vars") ?? "")[VARIABLE]).toContain("BEGIN CERTIFICATE");
  });

  it("replaces a secret only with --force, and then wholly", async () => {
    await interlock("init --cluster mq --store embedded --out first", world);
    const before = world.files.get(".dev.vars");
    expect(await interlock("init --cluster mq --store embedded --out second", world)).toBe(1);
    expect(world.files.get(".dev.vars")).toBe(before);
    expect(world.files.has("second/mq.root.key")).toBe(false);
    expect(await interlock("init --cluster mq --store embedded --out second --force", world)).toBe(0);
    expect(world.files.get(".dev.vars")).not.toBe(before);
    expect(world.files.get(".dev.vars")?.match(new RegExp(VARIABLE, "g"))).toHaveLength(1);
  });
});

describe("interlock init --store aws", () => {
  it("needs credentials in the environment, and writes nothing without", async () => {
    expect(await interlock("init --cluster mq --store aws", world)).toBe(1);
    expect(world.said.err).toContain("AWS needs AWS_REGION");
    expect([...world.files.keys()]).toEqual(["infra/clusters.json"]);
  });

  it("does not send a CA's key in clear, and writes nothing", async () => {
    const env = { AWS_REGION: "eu-central-1", AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "x" };
    world = clusterWorld({}, { ...env, AWS_ENDPOINT_URL: "http://secretsmanager.example.com" });
    expect(await interlock("init --cluster mq --store aws", world)).toBe(1);
    expect(world.said.err).toContain("AWS_ENDPOINT_URL must be an https URL");
    expect([...world.files.keys()]).toEqual(["infra/clusters.json"]);
  });

  /** Runs `init` against a Secrets Manager that answers so. */
  const initAgainst = async (answer: Answer, options: string): Promise<FakeWorld> => {
    await using server = await fakeSecretsManager(answer);
    const { region, accessKeyId, secretAccessKey, endpoint } = server.access;
    const asked = clusterWorld(
      {},
      {
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_ENDPOINT_URL: endpoint ?? "",
      },
    );
    expect(await interlock(`init --cluster mq --store aws${options}`, asked)).toBe(1);
    expect(server.requests.length).toBeGreaterThan(0);
    return asked;
  };

  const lost: readonly (readonly [string, Answer])[] = [
    ["timeout", () => {}],
    ["unreachable", (response) => response.destroy()],
    ["unreachable", answerError(500, "InternalServiceError")],
    ["throttled", answerError(400, "ThrottlingException")],
    ["malformed-reply", (response) => response.writeHead(200).end("<html></html>")],
  ];
  describe.each(["", " --force"])("with the options:%s", (options) => {
    it.each(lost)("keeps the root when AWS may have stored the secret: %s", async (reason, answer) => {
      const asked = await initAgainst(answer, options);
      expect([...asked.files.keys()]).toEqual(["infra/clusters.json", "mq.root.key", "mq.root.pem"]);
      expect(asked.said.err).toContain(`${reason}. It may have stored it`);
      expect(asked.said.err).toMatch(
        /run interlock check --cluster mq --store aws: it names generation [0-9a-f]{12} /,
      );
    });

    it.each(["AccessDeniedException", "InvalidRequestException", "ExpiredTokenException"])(
      "leaves no root behind when AWS surely stored nothing: %s",
      async (type) => {
        const asked = await initAgainst(answerError(400, type), options);
        expect([...asked.files.keys()]).toEqual(["infra/clusters.json"]);
        expect(asked.said.err).not.toContain("may have stored");
      },
    );
  });

  it("leaves no root behind when AWS has the secret already", async () => {
    const asked = await initAgainst(answerError(400, "ResourceExistsException"), "");
    expect([...asked.files.keys()]).toEqual(["infra/clusters.json"]);
    expect(asked.said.err).toContain("AWS has interlock/mq already");
  });
});
