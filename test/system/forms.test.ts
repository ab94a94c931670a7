import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeCsr } from "../support/csr.ts";
import { rabbitDefinition, startDeployment, type Deployment } from "../support/deployment.ts";

/** The forms as a node meets them: by curl, and unpacked by the programs that a node has. */
const HOST = "node-01.nodes.example.internal";
const NODE = `rabbit@${HOST}`;

interface JsonBundle {
  readonly files: readonly {
    readonly path: string;
    readonly mode: string;
    readonly sha256: string;
    readonly content: string;
    readonly shared?: true;
  }[];
  readonly chain: string;
  readonly certificate: { readonly pem: string; readonly sha256: string; readonly serial: string };
}

let deployment: Deployment;
let token: string;
let folder: string;
let root: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "interlock-forms-"));
  deployment = await startDeployment({ definitions: { mq: rabbitDefinition() } });
  token = await deployment.mint("mq", { exact: NODE });
  writeFileSync(join(folder, "node.csr"), (await makeCsr()).csrPem);
});
afterAll(async () => {
  await deployment[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  root = mkdtempSync(join(folder, "root-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const BUNDLE = `/v1/clusters/mq/nodes/${NODE}/bundle`;

/** The curl of the README. */
const curl = (
  query: string,
  body: readonly string[] = ["--data-binary", `@${join(folder, "node.csr")}`],
): Buffer =>
  execFileSync("curl", [
    "--fail-with-body",
    "--retry",
    "8",
    "--retry-all-errors",
    "-sS",
    "-H",
    `Authorization: Bearer ${token}`,
    ...body,
    deployment.origin() + BUNDLE + query,
  ]);

const json = (): JsonBundle => JSON.parse(curl("").toString()) as JsonBundle;

describe("the JSON form", () => {
  it("carries a digest of every file, and the certificate's own", () => {
    const { files, certificate } = json();
    for (const { sha256, content } of files)
      expect(createHash("sha256").update(content).digest("hex")).toBe(sha256);
    const der = Buffer.from(certificate.pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
    expect(createHash("sha256").update(der).digest("hex")).toBe(certificate.sha256);
    expect(files.map(({ path, shared }) => [path, shared ?? false])).toEqual([
      ["/etc/rabbitmq/tls/node.pem", false],
      ["/etc/rabbitmq/tls/ca.pem", false],
      ["/etc/rabbitmq/inter_node_tls.config", false],
      ["/etc/rabbitmq/rabbitmq-env.conf", true],
    ]);
  });
  it("may be asked for in JSON, with its options, to the same bytes", () => {
    const body = JSON.stringify({ csr: readFileSync(join(folder, "node.csr"), "utf8"), portOffset: 2 });
    const reply = JSON.parse(curl("", ["--json", body]).toString()) as { node: object; chain: string };
    expect(reply.node).toMatchObject({ portOffset: 2 });
    expect(reply.chain).toBe(json().chain);
  });
});

describe("the tar form", () => {
  it("unpacks to the files of the JSON form, with their modes", () => {
    execFileSync("tar", ["-xm", "-C", root], { input: curl("?format=tar") });
    for (const { path, mode, content } of json().files) {
      expect(readFileSync(join(root, path), "utf8")).toBe(content);
      expect((statSync(join(root, path)).mode & 0o7777).toString(8).padStart(4, "0")).toBe(mode);
    }
  });
});

describe("the PEM form", () => {
  it("is the chain", () => expect(curl("?format=pem").toString()).toBe(json().chain));
});

/** Runs the script as a node would, below a folder: a stand-in for the root directory that needs no root. */
const runScript = (
  shell: readonly string[],
  script: string,
): { readonly status: number | null; readonly stderr: string } => {
  const [command = "sh", ...args] = shell;
  const moved = script.replaceAll(/(?<=^(?:put|merge|if \[ ! -f) )\/etc/gm, `${root}/etc`);
  const { status, stderr } = spawnSync(command, args, { input: moved, encoding: "utf8" });
  return { status, stderr };
};

const SHELLS = [["dash"], ["bash", "--posix"], ["busybox", "sh"]].filter(
  ([command = ""]) => spawnSync(command, ["-c", "true"]).error === undefined || command === "dash",
);

describe.each(SHELLS)("the shell form, run by %s", (...shell) => {
  const ENV_CONF = "/etc/rabbitmq/rabbitmq-env.conf";
  const script = (): string => curl("?format=sh").toString();

  it("installs the files of the JSON form, and says what to do next", () => {
    const { status, stderr } = runScript(shell, script());
    expect([status, stderr]).toEqual([
      0,
      expect.stringContaining("next, run: systemctl restart rabbitmq-server"),
    ]);
    expect(stderr).toContain(
      "put the node's private key at /etc/rabbitmq/tls/node_key.pem (mode 0600, rabbitmq:rabbitmq)",
    );
    for (const { path, mode, content, shared } of json().files) {
      const text = readFileSync(join(root, path), "utf8");
      expect(text).toBe(shared === true ? `# BEGIN interlock\n${content}# END interlock\n` : content);
      expect((statSync(join(root, path)).mode & 0o7777).toString(8).padStart(4, "0")).toBe(mode);
      expect(existsSync(join(root, `${path}.interlock`))).toBe(false);
    }
  });
  it("keeps what others wrote into a shared file, however often it runs", () => {
    mkdirSync(join(root, dirname(ENV_CONF)), { recursive: true });
    writeFileSync(join(root, ENV_CONF), 'LOG_BASE="/srv/log"\n# mine\n');
    for (let run = 0; run < 3; run++) expect(runScript(shell, script()).status).toBe(0);
    const text = readFileSync(join(root, ENV_CONF), "utf8");
    expect(text.startsWith('LOG_BASE="/srv/log"\n# mine\n# BEGIN interlock\n')).toBe(true);
    expect(text.match(/BEGIN interlock/g)).toHaveLength(1);
  });
  it("stops before it would lose lines of a shared file that holds half a block", () => {
    mkdirSync(join(root, dirname(ENV_CONF)), { recursive: true });
    writeFileSync(join(root, ENV_CONF), "# BEGIN interlock\nprecious=1\n");
    const { status, stderr } = runScript(shell, script());
    expect([status, stderr]).toEqual([1, expect.stringContaining("half a block")]);
    expect(readFileSync(join(root, ENV_CONF), "utf8")).toBe("# BEGIN interlock\nprecious=1\n");
  });
  it("writes into its own folder before it moves a file into place: a planted link leads nowhere", () => {
    const [target] = json().files.map(({ path }) => join(root, path));
    const victim = join(root, "victim");
    writeFileSync(victim, "root's own\n", { mode: 0o600 });
    mkdirSync(dirname(target ?? ""), { recursive: true });
    for (const planted of [target ?? "", `${target ?? ""}.interlock`, `${target ?? ""}.new`])
      symlinkSync(victim, planted);
    expect(runScript(shell, script()).status).toBe(0);
    expect([readFileSync(victim, "utf8"), statSync(victim).mode & 0o777]).toEqual(["root's own\n", 0o600]);
    expect(lstatSync(target ?? "").isFile()).toBe(true);
    expect(readdirSync(dirname(target ?? "")).filter((name) => name.startsWith(".interlock"))).toEqual([]);
  });
  it("does not read through a link that stands where a shared file belongs", () => {
    const victim = join(root, "victim");
    writeFileSync(victim, "a secret of root's\n", { mode: 0o600 });
    mkdirSync(join(root, dirname(ENV_CONF)), { recursive: true });
    symlinkSync(victim, join(root, ENV_CONF));
    const { status, stderr } = runScript(shell, script());
    expect([status, stderr]).toEqual([1, expect.stringContaining("is not a plain file")]);
    expect(readFileSync(victim, "utf8")).toBe("a secret of root's\n");
    expect(lstatSync(join(root, ENV_CONF)).isSymbolicLink()).toBe(true);
  });
  it("runs nothing when the download was cut short", () => {
    const whole = script();
    for (const part of [0.3, 0.6, 0.95]) {
      runScript(shell, whole.slice(0, Math.floor(whole.length * part)));
      expect(existsSync(join(root, "etc"))).toBe(false);
    }
  });
  it("makes the combined file from the key that is there", () => {
    const combined = curl("?format=sh&strategy=flags&combined=true").toString();
    expect(combined).toContain("combined.pem");
    const { status } = spawnSync(shell[0] ?? "sh", [...shell.slice(1), "-n"], { input: combined });
    expect(status).toBe(0);
  });
});

describe("the cloud-config form", () => {
  it("is YAML that cloud-init's own parser reads back to the files of the JSON form", () => {
    const python = "import json,sys,yaml; print(json.dumps(yaml.safe_load(sys.stdin)['write_files']))";
    const parsed = spawnSync("python3", ["-c", python], {
      input: curl("?format=cloud-config"),
      encoding: "utf8",
    });
    if (parsed.status !== 0 && process.env["INTERLOCK_SYSTEM"] !== "required") {
      console.warn("skipped: python3 with yaml is not available here");
      return;
    }
    const written = JSON.parse(parsed.stdout) as {
      path: string;
      permissions: string;
      content: string;
      owner: string;
      defer: boolean;
    }[];
    expect(written).toEqual(
      json().files.map(({ path, mode, content, shared }) => ({
        path,
        permissions: mode,
        content,
        owner: expect.stringMatching(/^\w+:\w+$/) as string,
        defer: true,
        append: shared,
      })),
    );
  });
});

describe("a curl that meets an error", () => {
  it("fails, shows the problem, and leaves nothing that looks like a certificate", () => {
    const out = join(root, "node.pem");
    const { status, stdout } = spawnSync("curl", [
      "--fail-with-body",
      "-sS",
      "-H",
      "Authorization: Bearer x",
      "--data-binary",
      `@${join(folder, "node.csr")}`,
      "-o",
      out,
      `${deployment.origin()}/v1/clusters/mq/nodes/${NODE}/bundle?format=pem`,
    ]);
    expect(status).toBe(22);
    expect(stdout.toString()).toBe("");
    expect(readFileSync(out, "utf8")).toContain("urn:interlock:problem:credential-invalid");
  });
});

describe("what needs no credential", () => {
  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${deployment.origin()}/v1/clusters/mq${path}`, { headers });

  it("the CA bundle has an ETag, and may be cached for five minutes", async () => {
    const reply = await get("/ca.pem");
    expect([reply.status, reply.headers.get("Cache-Control")]).toEqual([200, "public, max-age=300"]);
    const [secret] = Object.values(deployment.secrets);
    expect((await reply.text()).trim()).toBe(secret?.trustBundle.trim());
    const again = await get("/ca.pem", { "If-None-Match": reply.headers.get("ETag") ?? "" });
    expect([again.status, await again.text()]).toEqual([304, ""]);
  });
  it("the configuration is the bundle's, without its certificate and the same to the byte each time", async () => {
    const [first, second] = [await get(`/nodes/${NODE}/config`), await get(`/nodes/${NODE}/config`)];
    const [body, again] = [await first.text(), await second.text()];
    expect(body).toBe(again);
    expect(first.headers.get("ETag")).toBe(second.headers.get("ETag"));
    const { files, paths } = JSON.parse(body) as JsonBundle & { paths: object };
    expect(files).toEqual(json().files.slice(2));
    expect(paths).toEqual({
      certificate: "/etc/rabbitmq/tls/node.pem",
      caBundle: "/etc/rabbitmq/tls/ca.pem",
      privateKey: "/etc/rabbitmq/tls/node_key.pem",
    });
    expect(
      (await get(`/nodes/${NODE}/config`, { "If-None-Match": first.headers.get("ETag") ?? "" })).status,
    ).toBe(304);
  });
  it("the configuration comes in the other forms too, but never as a certificate", async () => {
    for (const format of ["tar", "sh", "cloud-config"])
      expect((await get(`/nodes/${NODE}/config?format=${format}`)).status).toBe(200);
    expect((await get(`/nodes/${NODE}/config?format=pem`)).status).toBe(406);
  });
  it("the configuration of a node that the cluster does not have is refused", async () => {
    expect((await get("/nodes/rabbit@evil.example/config")).status).toBe(403);
    expect((await get(`/nodes/${NODE}/config?lifetime=1h`)).status).toBe(400);
  });
  it("the configuration never holds the cookie", async () => {
    await using withCookie = await startDeployment({
      definitions: { mq: rabbitDefinition("nodes.example.internal", { render: { cookie: true } }) },
      secrets: {
        "interlock/nodes.example.internal": {
          ...Object.values(deployment.secrets)[0],
          cookie: "COOKIE-CANARY",
        } as never,
      },
    });
    const config = await (await fetch(`${withCookie.origin()}/v1/clusters/mq/nodes/${NODE}/config`)).text();
    expect(config).not.toContain("COOKIE-CANARY");
    const bundle = await withCookie.askBundle(
      "mq",
      NODE,
      await withCookie.mint("mq", { exact: NODE }),
      (await makeCsr()).csrPem,
    );
    expect(await bundle.text()).toContain("COOKIE-CANARY");
    expect(withCookie.log()).not.toContain("COOKIE-CANARY");
  });
  it("Windows files come as JSON, and in no form that installs on another system", async () => {
    expect((await get(`/nodes/${NODE}/config?packaging=windows`)).status).toBe(200);
    expect((await get(`/nodes/${NODE}/config?packaging=windows&format=sh`)).status).toBe(406);
  });
});
