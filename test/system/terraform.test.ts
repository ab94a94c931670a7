import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { capability } from "../support/capability.ts";
import { makeCsr } from "../support/csr.ts";
import { codeOf, rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";
import { startLoneMachine } from "../support/lone-machine.ts";
import { motoServer, startMoto, type Moto } from "../support/moto.ts";
import { run } from "../support/process.ts";
import { requireOrSkip } from "../support/requirements.ts";
import {
  answerFromFiles,
  awsProvider,
  terraformIn,
  terraformWithAws,
  type Answers,
  type Terraform,
} from "../support/terraform.ts";

/** Terraform starts a provider a command, and moto answers one request at a time. */
const SLOW = { timeout: 400_000 };

/** What an operator copies from `infra/terraform`, applied as it stands to an AWS API that is not ours. */
const ZONE = "nodes.example.internal";
const NODE = `rabbit@mq-1.${ZONE}`;
const SECRET = "interlock/rabbit-prod";
const DEFINITION = { ...rabbitDefinition(ZONE), ca: { secret: SECRET } };
const AWS = { AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "example" };

const describeTerraform = requireOrSkip("Terraform", () => {
  const terraform = terraformWithAws();
  return terraform.available ? motoServer() : terraform;
});

describeTerraform("the Terraform files", () => {
  it("are formatted", () => {
    execFileSync("terraform", ["fmt", "-check", "-recursive", "infra/terraform"], { stdio: "pipe" });
  });
});

describeTerraform("modules/ca-secret", () => {
  let moto: Moto;
  let terraform: Terraform;
  let folder: string;
  beforeAll(async () => {
    moto = await startMoto();
    folder = mkdtempSync(join(tmpdir(), "interlock-ca-secret-"));
    const module = `module "ca" {\n  source = "../modules/ca-secret"\n  secret = "${SECRET}"\n}\n`;
    const outputs = ["secret_arn", "kms_key_arn", "worker_user"].map(
      (name) => `output "${name}" {\n  value = module.ca.${name}\n}\n`,
    );
    terraform = await terraformIn(awsProvider(moto.endpoint) + module + outputs.join(""));
    await terraform.run("validate");
    await terraform.run("apply", "-auto-approve", "-input=false");
  }, SLOW.timeout);
  afterAll(async () => {
    terraform.dispose();
    rmSync(folder, { recursive: true });
    await moto[Symbol.asyncDispose]();
  });

  it("gives the worker one secret to read, and one key for that secret alone", async () => {
    const state = await terraform.state();
    const [secret, key] = await Promise.all([
      terraform.output("secret_arn"),
      terraform.output("kms_key_arn"),
    ]);
    const { resources } = JSON.parse(state) as {
      resources: { type: string; mode: string; instances: { attributes: { policy?: string } }[] }[];
    };
    const attached = resources.filter(({ type }) => type === "aws_iam_user_policy");
    expect(attached).toHaveLength(1);
    const policy: unknown = JSON.parse(attached[0]?.instances[0]?.attributes.policy ?? "");
    expect(policy).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "ReadThisSecret",
          Effect: "Allow",
          Action: "secretsmanager:GetSecretValue",
          Resource: secret,
        },
        {
          Sid: "DecryptThisSecret",
          Effect: "Allow",
          Action: "kms:Decrypt",
          Resource: key,
          Condition: {
            StringEquals: {
              "kms:EncryptionContext:SecretARN": secret,
              "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com",
            },
          },
        },
      ],
    });
  });

  it("is filled by interlock init, and the Worker issues from it", SLOW, async () => {
    const clusters = join(folder, "clusters.json");
    writeFileSync(clusters, JSON.stringify({ clusters: { mq: DEFINITION } }));
    const environment = { ...AWS, AWS_ENDPOINT_URL: moto.endpoint };
    const interlock = (...args: readonly string[]): Promise<string> =>
      run([
        "env",
        ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
        process.execPath,
        "src/cli/interlock.ts",
        ...args,
        "--cluster",
        "mq",
        "--clusters",
        clusters,
        "--store",
        "aws",
      ]);
    await interlock("init", "--out", folder);
    await expect(interlock("init", "--out", join(folder))).rejects.toThrow("is there already");

    await using deployment = await startDeployment({
      definitions: { mq: DEFINITION },
      variables: { CA_STORE: "aws", ...environment },
    });
    const token = await interlock("token", "--node", NODE, "--origin", deployment.origin());
    const { csrPem } = await makeCsr();
    const reply = await deployment.askBundle("mq", NODE, token.trim(), csrPem);
    expect([reply.status, await codeOf(reply)]).toEqual([201, 201]);
  });

  it("has nothing to change after that, and knows nothing of the key", SLOW, async () => {
    expect(await terraform.plan()).toBe(0);
    expect(await terraform.plan()).toBe(0);
    const state = await terraform.state();
    expect(state).toContain(SECRET);
    expect(state).not.toMatch(/PRIVATE KEY|tokenKey|secret_string|"secret": /);
  });
});

describeTerraform("modules/firewall", () => {
  let moto: Moto;
  let deployment: Deployment;
  beforeAll(async () => {
    moto = await startMoto();
    deployment = await startDeployment({ definitions: { mq: DEFINITION } });
  });
  afterAll(async () => {
    await deployment[Symbol.asyncDispose]();
    await moto[Symbol.asyncDispose]();
  });

  it("opens the ports of GET …/config within the group, and plans no change twice", SLOW, async () => {
    const config = await fetch(`${deployment.origin()}/v1/clusters/mq/nodes/${NODE}/config`);
    const { ports } = await config.json<{ ports: readonly { readonly port: number }[] }>();
    const terraform = await terraformIn(`${awsProvider(moto.endpoint)}
resource "aws_vpc" "this" {
  cidr_block = "10.20.0.0/16"
}
resource "aws_security_group" "nodes" {
  name   = "nodes"
  vpc_id = aws_vpc.this.id
}
module "firewall" {
  source            = "../modules/firewall"
  ports             = jsondecode(${JSON.stringify(JSON.stringify(ports))})
  security_group_id = aws_security_group.nodes.id
}
`);
    await terraform.run("apply", "-auto-approve", "-input=false");
    expect(await terraform.plan()).toBe(0);
    const state = await terraform.state();
    const { resources } = JSON.parse(state) as {
      resources: {
        type: string;
        instances: { attributes: { from_port: number; to_port: number; cidr_ipv4: string | null } }[];
      }[];
    };
    const rules = resources
      .filter(({ type }) => type === "aws_vpc_security_group_ingress_rule")
      .flatMap(({ instances }) => instances.map(({ attributes }) => attributes));
    expect(
      rules
        .map((rule) => [rule.from_port, rule.to_port, rule.cidr_ipv4])
        .toSorted((a, b) => Number(a[0]) - Number(b[0])),
    ).toEqual([
      [4369, 4369, null],
      [6000, 6500, null],
      [25672, 25672, null],
    ]);
    terraform.dispose();
  });
});

describeTerraform("examples/rabbitmq", () => {
  const ORIGIN = "https://interlock.example.com";
  const NODES = [1, 2, 3].map((n) => `rabbit@mq-${String(n)}.${ZONE}`);
  let moto: Moto;
  let deployment: Deployment;
  beforeAll(async () => {
    moto = await startMoto();
    deployment = await startDeployment({ definitions: { "rabbit-prod": DEFINITION } });
  });
  afterAll(async () => {
    await deployment[Symbol.asyncDispose]();
    await moto[Symbol.asyncDispose]();
  });

  const answers = async (): Promise<Answers> => {
    const cluster = "/v1/clusters/rabbit-prod";
    const paths = [`${cluster}/ca.pem`, ...NODES.map((node) => `${cluster}/nodes/${node}/config`)];
    const replies = paths.map(async (path) => {
      const reply = await fetch(deployment.origin() + path);
      return [ORIGIN + path, { status: reply.status, body: await reply.text() }] as const;
    });
    return new Map(await Promise.all(replies));
  };
  const root = (): string => `${awsProvider(moto.endpoint)}
resource "aws_vpc" "this" {
  cidr_block = "10.20.0.0/16"
}
resource "aws_subnet" "this" {
  vpc_id     = aws_vpc.this.id
  cidr_block = "10.20.0.0/24"
}
resource "aws_route53_zone" "this" {
  name = "${ZONE}"
}
module "example" {
  source      = "../examples/rabbitmq"
  join_tokens = { ${NODES.map((node) => `"${node}" = "aaa.bbb.ccc"`).join(", ")} }
  network = {
    ami       = "ami-12c6146b"
    vpc_id    = aws_vpc.this.id
    subnet_id = aws_subnet.this.id
    zone_id   = aws_route53_zone.this.zone_id
  }
}
output "addresses" {
  value = module.example.addresses
}
`;

  it("makes three nodes that find each other, and nothing is left to change", SLOW, async () => {
    const terraform = await terraformIn(root(), answerFromFiles(await answers()));
    await terraform.run("apply", "-auto-approve", "-input=false");
    expect(Object.keys((await terraform.output("addresses")) as object).toSorted()).toEqual(NODES);
    expect(await terraform.plan()).toBe(0);
    expect(await terraform.state()).not.toContain("PRIVATE KEY");
    terraform.dispose();
  });

  it("stops at the plan where the API refuses, and says what it said", SLOW, async () => {
    const refused = new Map(await answers());
    const config = refused.keys().find((url) => url.endsWith("/config"));
    refused.set(config ?? "", { status: 403, body: '{"code":"node-not-allowed"}' });
    const terraform = await terraformIn(root(), answerFromFiles(refused));
    await expect(terraform.plan()).rejects.toThrow("node-not-allowed");
    terraform.dispose();
  });
});

describeTerraform("the examples", () => {
  it.each(["rabbitmq", "emqx", "mongooseim"])("%s is valid", async (name) => {
    const module = `module "example" {
  source      = "../examples/${name}"
  join_tokens = {}
  network     = { ami = "a", vpc_id = "b", subnet_id = "c", zone_id = "d" }
}
`;
    const terraform = await terraformIn(module, answerFromFiles(new Map()));
    await terraform.run("validate");
    terraform.dispose();
  });
});

const UserData = z.object({
  fqdn: z.string(),
  write_files: z.tuple([z.object({ path: z.string(), permissions: z.string(), content: z.string() })]),
  runcmd: z.array(z.array(z.string())),
});

describeTerraform("modules/node-user-data", () => {
  const userData = async (origin: string, token: string): Promise<string> => {
    const terraform = await terraformIn(`
module "node" {
  source     = "../modules/node-user-data"
  origin     = "${origin}"
  cluster    = "mq"
  product    = "rabbitmq"
  node       = "${NODE}"
  join_token = "${token}"
}
output "user_data" {
  value     = module.node.user_data
  sensitive = true
}
`);
    try {
      await terraform.run("apply", "-auto-approve", "-input=false");
      return String(await terraform.output("user_data"));
    } finally {
      terraform.dispose();
    }
  };

  requireOrSkip("a machine for user data", () => capability("agent-nodes"))("on a machine", () => {
    it("makes the node's key, installs its bundle, and changes nothing the second time", async () => {
      await using deployment = await startDeployment({ definitions: { mq: DEFINITION } });
      const text = await userData(deployment.origin(), await deployment.mint("mq", { exact: NODE }));
      expect(text.startsWith("#cloud-config\n")).toBe(true);
      expect(text.length).toBeLessThan(4096);
      const {
        write_files: [script],
        runcmd,
      } = UserData.parse(parse(text));
      expect(runcmd).toEqual([
        ["sh", script.path],
        ["rm", "-r", "/run/interlock"],
      ]);

      await using machine = await startLoneMachine(`mq-1.${ZONE}`);
      const root = { owner: "root", group: "root" };
      const systemctl = '#!/bin/sh\necho "$@" >> /systemctl.log\n';
      await machine.write({ ...root, path: "/usr/local/bin/systemctl", mode: "0755", content: systemctl });
      const prepare = "rm -rf /etc/rabbitmq; id rabbitmq >/dev/null 2>&1 || useradd --system rabbitmq";
      await machine.exec(["sh", "-c", prepare]);
      const boot = async (): Promise<string> => {
        await machine.write({
          ...root,
          path: script.path,
          mode: script.permissions,
          content: script.content,
        });
        for (const command of runcmd) await machine.exec(command);
        return machine.exec(["sh", "-c", "cd /etc/rabbitmq && find . -type f -exec sha256sum {} + | sort"]);
      };
      const first = await boot();
      expect(first).toContain("./tls/node_key.pem");
      expect(await boot()).toBe(first);
      expect(await machine.exec(["stat", "-c", "%a %U", "/etc/rabbitmq/tls/node_key.pem"])).toBe(
        "600 rabbitmq\n",
      );
      expect(await machine.exec(["cat", "/systemctl.log"])).toContain("restart rabbitmq-server");
    });
  });
});

describeTerraform("the http data source, as the Worker meets it", () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment({ definitions: { mq: DEFINITION } });
  });
  afterAll(() => deployment[Symbol.asyncDispose]());

  const folder = "/v1/clusters/mq";
  /** Go's client: no Content-Type, no Accept but what the configuration says, gzip offered, a body whatever the method. */
  const terraform = async (method: string, path: string, headers: readonly string[], body?: string) => {
    const output = await run(
      [
        "curl",
        "-sS",
        "-X",
        method,
        ...["User-Agent: Go-http-client/1.1", "Content-Type:", "Accept:", ...headers].flatMap((line) => [
          "-H",
          line,
        ]),
        "--compressed",
        ...(body === undefined ? [] : ["--data-binary", "@-"]),
        "-w",
        "\\n%{http_code}",
        deployment.origin() + path,
      ],
      body === undefined ? {} : { stdin: body },
    );
    const end = output.lastIndexOf("\n");
    return { status: Number(output.slice(end + 1)), body: output.slice(0, end) };
  };

  it("gets one certificate however often it plans and applies", async () => {
    const token = await deployment.mint("mq", { exact: NODE });
    const { csrPem } = await makeCsr();
    const ask = () =>
      terraform("POST", `${folder}/nodes/${NODE}/bundle`, [`Authorization: Bearer ${token}`], csrPem);
    const replies = [await ask(), await ask(), await ask(), await ask()];
    expect(replies.map(({ status }) => status)).toEqual([201, 200, 200, 200]);
    const pems = replies.map(({ body }) => (JSON.parse(body) as { chain: string }).chain);
    expect(new Set(pems).size).toBe(1);
  });

  it("reads a refusal as data: its postcondition has a code to show", async () => {
    const token = await deployment.mint("mq", { exact: `rabbit@mq-2.${ZONE}` });
    const { csrPem } = await makeCsr();
    const { status, body } = await terraform(
      "POST",
      `${folder}/nodes/${NODE}/bundle`,
      [`Authorization: Bearer ${token}`],
      csrPem,
    );
    expect(status).toBe(403);
    expect(JSON.parse(body)).toMatchObject({ code: "node-not-allowed" });
  });

  it("may send a body with a GET, and gets the same bytes each time", async () => {
    for (const path of [`${folder}/ca.pem`, `${folder}/nodes/${NODE}/config`]) {
      const [first, second] = [await terraform("GET", path, [], "{}"), await terraform("GET", path, [])];
      expect([first.status, second.status]).toEqual([200, 200]);
      expect(first.body).toBe(second.body);
    }
  });

  it("is never redirected: a redirected POST would come back as a GET", async () => {
    for (const path of [`${folder}/nodes/${NODE}/bundle/`, `/${folder}/nodes/${NODE}/bundle`, "/"])
      expect((await terraform("POST", path, [], "x")).status).toBe(404);
  });
});
