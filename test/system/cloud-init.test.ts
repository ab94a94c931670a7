import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startAgentMachine, type AgentMachine } from "../support/agent.ts";
import { capability } from "../support/capability.ts";
import { documentPin, googleToken, identityDocument } from "../support/cloud-statements.ts";
import { rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import { makeKey } from "../support/issuer.ts";
import {
  metadataEnvironment,
  startMetadataService,
  type MetadataService,
} from "../support/metadata-service.ts";
import { requireOrSkip } from "../support/requirements.ts";
import { sharedDir } from "../support/shared.ts";

/** The examples of `infra/cloud-init` as an operator copies them, taken in by cloud-init itself. */
const FOLDER = "infra/cloud-init";
const EXAMPLES = readdirSync(FOLDER).filter((name) => name.endsWith(".yaml"));
const example = (name: string): string => readFileSync(join(FOLDER, name), "utf8");

const withCloudInit = requireOrSkip("cloud-init", () =>
  spawnSync("cloud-init", ["--version"]).error === undefined
    ? { available: true }
    : { available: false, why: "there is no cloud-init" },
);

/** What a cloud tells an instance about itself, as far as the examples ask. */
const INSTANCE = { v1: { local_hostname: "mq-1" }, ds: { meta_data: { local_ipv4: "10.20.0.7" } } };

withCloudInit("every example", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "interlock-cloud-init-"));
    writeFileSync(join(folder, "instance.json"), JSON.stringify(INSTANCE));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** The document as the instance gets it: rendered where it is a template. */
  const rendered = (name: string): string => {
    if (!example(name).startsWith("## template: jinja\n")) return example(name);
    const args = ["devel", "render", "--instance-data", join(folder, "instance.json"), join(FOLDER, name)];
    const { status, stdout, stderr } = spawnSync("cloud-init", args, { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
    return stdout;
  };

  it.each(EXAMPLES)("%s leaves most of the 16 KiB to its operator", (name) =>
    expect(example(name).length).toBeLessThan(4 * 1024),
  );
  it.each(EXAMPLES)("%s holds to cloud-init's schema", (name) => {
    const file = join(folder, name);
    writeFileSync(file, rendered(name));
    const { status, stdout, stderr } = spawnSync("cloud-init", ["schema", "--config-file", file], {
      encoding: "utf8",
    });
    // `source` is younger than Debian 12's cloud-init: there it is all that the schema may mind.
    const complaints = `${stdout}${stderr}`.replaceAll(
      /write_files\.\d+: .*?\('source' was unexpected\)(?:, )?/g,
      "",
    );
    if (name === "write-files-source.yaml")
      expect(complaints).not.toMatch(/errors: \S|was unexpected|is not/);
    else expect([status, complaints]).toEqual([0, expect.stringContaining("Valid cloud-config")]);
  });
});

/** What a first boot runs of cloud-init, without the network and the package manager. */
const FIRST_BOOT = `
rm -rf /var/lib/cloud /run/cloud-init /etc/cloud/cloud.cfg.d
mkdir -p /var/lib/cloud/seed/nocloud
echo '127.0.1.1 mq-1.nodes.example.internal mq-1' >>/etc/hosts
printf 'instance-id: i-1\\nlocal-hostname: mq-1\\nlocal_ipv4: 10.20.0.7\\n' >/var/lib/cloud/seed/nocloud/meta-data
cat >/var/lib/cloud/seed/nocloud/user-data
cat >/etc/cloud/cloud.cfg <<'EOF'
datasource_list: [NoCloud]
network: {config: disabled}
cloud_init_modules: [write-files]
cloud_config_modules: [runcmd]
cloud_final_modules: [write-files-deferred, scripts-user]
system_info: {distro: debian, paths: {cloud_dir: /var/lib/cloud, run_dir: /run/cloud-init}}
EOF
for stage in "init --local" init "modules --mode config" "modules --mode final"; do
  cloud-init $stage >>/run/boot.log 2>&1
done
grep -q '"errors": \\[\\]' /run/cloud-init/result.json || { cat /run/boot.log; exit 1; }
`;

const withMachines = requireOrSkip("a machine for cloud-init", () => capability("agent-nodes"));

(sharedDir === null || withCloudInit === describe.skip ? describe.skip : withMachines)(
  "a first boot with",
  () => {
    let deployment: Deployment;
    let metadata: MetadataService;
    let token: string;
    const google = makeKey("RS256", "google");

    beforeAll(async () => {
      deployment = await startDeployment({
        definitions: {
          "rabbit-prod": rabbitDefinition(),
          "mongooseim-prod": {
            product: "mongooseim",
            nodes: { names: ["mongooseim"], hosts: ["*.nodes.example.internal"] },
            ca: { secret: "interlock/mongooseim" },
            bootstrap: [
              {
                method: "jwt",
                preset: "google",
                jwks: { keys: [google.jwk] },
                claims: { "/google/compute_engine/project_id": "rabbit-prod" },
                node: "mongooseim@{/google/compute_engine/instance_name}.nodes.example.internal",
              },
            ],
          },
          "emqx-prod": {
            product: "emqx",
            nodes: { names: ["emqx"], hosts: ["10.20.0.0/16"] },
            ca: { secret: "interlock/emqx" },
            bootstrap: [
              {
                method: "aws-iid",
                accounts: ["111122223333"],
                node: "emqx@{/privateIp}",
                pins: [documentPin()],
              },
            ],
          },
        },
      });
      metadata = await startMetadataService({
        identityDocument: () => identityDocument({ privateIp: "10.20.0.7" }),
        identityToken: (audience) => googleToken(google, audience),
      });
    });
    afterAll(async () => {
      await metadata[Symbol.asyncDispose]();
      await deployment[Symbol.asyncDispose]();
    });

    /** A text with the addresses of this test in place of the world's. */
    const here = (text: string): string =>
      text.replaceAll("https://interlock.example.com", deployment.origin()).replaceAll("JOIN_TOKEN", token);
    const boot = async (userData: string): Promise<AgentMachine> => {
      const machine = await startAgentMachine(deployment, "mq-1.nodes.example.internal");
      await machine.shell("rm /usr/local/sbin/interlock");
      const env = metadataEnvironment(metadata.origin);
      await machine.exec(["sh", "-eu", "-c", FIRST_BOOT], { stdin: userData, timeout: 60_000, env });
      return machine;
    };

    it.each([
      [
        "rabbitmq.yaml",
        "rabbit-prod",
        "rabbit@mq-1.nodes.example.internal",
        "/etc/rabbitmq/rabbitmq-env.conf",
      ],
      [
        "mongooseim.yaml",
        "mongooseim-prod",
        "mongooseim@mq-1.nodes.example.internal",
        "/etc/mongooseim/vm.dist.args",
      ],
      ["emqx.yaml", "emqx-prod", "emqx@10.20.0.7", "/etc/emqx/emqx.conf"],
    ])("%s gives the node its certificate and its configuration", async (name, cluster, node, file) => {
      token = await deployment.mint(cluster, { exact: node });
      await using machine = await boot(here(example(name)));
      const { code, said } = await machine.agent("status");
      expect([code, said]).toEqual([0, expect.stringContaining(`${node} has certificate`)]);
      expect(await machine.shell(`cat ${file}`)).toContain("inet_tls");
      expect(await machine.shell("cat /run/systemctl.log")).toMatch(/^restart \S+$/);
      expect(await machine.agent("renew")).toMatchObject({ code: 0 });
    });

    it("the README's example does too", async () => {
      const node = "rabbit@mq-1.nodes.example.internal";
      token = await deployment.mint("rabbit-prod", { exact: node });
      const [, yaml = ""] =
        /```yaml\n(#cloud-config\n[^]*?)```/.exec(readFileSync("README.md", "utf8")) ?? [];
      await using machine = await boot(here(yaml));
      expect(await machine.agent("status")).toMatchObject({
        code: 0,
        said: expect.stringContaining(node) as string,
      });
    });
    it("write-files-source.yaml fetches what stands in it, and runs it", async () => {
      token = "";
      await using machine = await startAgentMachine(deployment, "mq-1.nodes.example.internal");
      const uris = [...here(example("write-files-source.yaml")).matchAll(/path: (\S+)[^]*?uri: (\S+)/g)];
      expect(uris).toHaveLength(2);
      for (const [, path = "", uri = ""] of uris)
        await machine.shell(
          `mkdir -p $(dirname ${path}); curl -sSf -o ${path} '${uri}'; sh -n ${path} || test ${path} = /etc/rabbitmq/tls/ca.pem`,
        );
      await machine.shell(
        "sh /run/interlock-config.sh; grep -q inet_tls /etc/rabbitmq/rabbitmq-env.conf; openssl x509 -in /etc/rabbitmq/tls/ca.pem -noout",
      );
    });
  },
);
