import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attempt, run } from "./process.ts";
import type { Capability } from "./requirements.ts";

/** Where a machine without a way to the registry keeps providers, in the layout of a file system mirror. */
const MIRRORS = ["/opt/tf-plugins", "/usr/share/terraform/plugins", "/usr/local/share/terraform/plugins"];
const PROVIDERS = ["hashicorp/aws"];

const mirror = (): string | undefined =>
  [process.env["TF_PLUGIN_MIRROR"], ...MIRRORS].find(
    (folder) =>
      folder !== undefined &&
      PROVIDERS.every((name) => existsSync(join(folder, "registry.terraform.io", name))),
  );

export const terraformWithAws = (): Capability => {
  try {
    execFileSync("terraform", ["version"], { stdio: "ignore" });
  } catch {
    return { available: false, why: "terraform is not on the PATH" };
  }
  return mirror() === undefined
    ? {
        available: false,
        why: "there is no mirror with terraform's AWS provider (TF_PLUGIN_MIRROR names one)",
      }
    : { available: true };
};

/** A CLI configuration (terraform.rc) that takes providers from the mirror alone. */
export const terraformSettings = (): string =>
  `provider_installation {\n  filesystem_mirror {\n    path = "${mirror() ?? ""}"\n  }\n}\n`;

/** A configuration of a test, in a folder of its own beside a copy of `infra/terraform`. */
export interface Terraform {
  readonly run: (command: string, ...args: readonly string[]) => Promise<string>;
  /** `plan -detailed-exitcode`: 0 for no change, 2 for some. */
  readonly plan: () => Promise<number>;
  /** The state as text: what must not be in it, is looked for here. */
  readonly state: () => Promise<string>;
  readonly output: (name: string) => Promise<unknown>;
  readonly dispose: () => void;
}

const TIMEOUT = 300_000;

/** Initialises a root module of this text, beside a copy of our modules and examples that `adapt` may change. */
export const terraformIn = async (
  text: string,
  adapt: (folder: string) => void = () => undefined,
): Promise<Terraform> => {
  const folder = mkdtempSync(join(tmpdir(), "interlock-terraform-"));
  cpSync("infra/terraform", folder, { recursive: true });
  adapt(folder);
  const root = join(folder, "root");
  mkdirSync(root);
  writeFileSync(join(root, "main.tf"), text);
  const settings = join(folder, "terraform.rc");
  writeFileSync(settings, terraformSettings());
  const command = (name: string, args: readonly string[]): readonly string[] => [
    "env",
    `TF_CLI_CONFIG_FILE=${settings}`,
    "TF_IN_AUTOMATION=1",
    "CHECKPOINT_DISABLE=1",
    "terraform",
    `-chdir=${root}`,
    name,
    "-no-color",
    ...args,
  ];
  const execute: Terraform["run"] = (name, ...args) => run(command(name, args), { timeout: TIMEOUT });
  await execute("init", "-input=false");
  return {
    run: execute,
    plan: async () => {
      const { code, stdout, stderr } = await attempt(
        command("plan", ["-input=false", "-detailed-exitcode"]),
        { timeout: TIMEOUT },
      );
      if (code === 1) throw new Error(stdout + stderr);
      return code;
    },
    state: () => run(command("state", ["pull"]).filter((word) => word !== "-no-color")),
    output: async (name) => JSON.parse(await execute("output", "-json", name)) as unknown,
    dispose: () => rmSync(folder, { recursive: true }),
  };
};

/** The AWS provider, spoken to an emulator on the loopback. */
export const awsProvider = (endpoint: string): string => `
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "AKIDEXAMPLE"
  secret_key                  = "example"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  endpoints {
${["ec2", "iam", "kms", "route53", "secretsmanager", "sts"].map((name) => `    ${name} = "${endpoint}"`).join("\n")}
  }
}
`;

/** What the `http` data source would read, by URL. */
export type Answers = ReadonlyMap<string, { readonly status: number; readonly body: string }>;

/**
 * The http provider cannot be had without its registry. So in the copy of `modules/ec2-cluster` a data source that Terraform has built
 * in reads the same answers at the same moments: `terraform_remote_state`, one state file a URL. All else stays as it is.
 */
export const answerFromFiles =
  (answers: Answers) =>
  (folder: string): void => {
    for (const [url, { status, body }] of answers) {
      const outputs = {
        status_code: { value: status, type: "number" },
        response_body: { value: body, type: "string" },
      };
      const state = { version: 4, serial: 1, lineage: "answers", outputs, resources: [] };
      const name = createHash("md5").update(url).digest("hex");
      writeFileSync(join(folder, `${name}.tfstate`), JSON.stringify(state));
    }
    const file = (name: string) => join(folder, "modules/ec2-cluster", name);
    const rewrite = (name: string, change: (text: string) => string): void =>
      writeFileSync(file(name), change(readFileSync(file(name), "utf8")));
    const references = (text: string): string =>
      text
        .replaceAll(/data\.http\.(\w+)/g, "data.terraform_remote_state.$1")
        .replaceAll(/\.(status_code|response_body)/g, ".outputs.$1");
    rewrite("variables.tf", (text) => text.replace(/ {4}http = \{[^}]*\}\n/, ""));
    rewrite("outputs.tf", references);
    rewrite("main.tf", (text) =>
      references(text)
        .replaceAll(/data "http"/g, 'data "terraform_remote_state"')
        .replaceAll(
          /^ {2}url +=(.*)$/gm,
          `  backend = "local"\n  config = { path = "${folder}/\${md5($1)}.tfstate" }`,
        ),
    );
  };
