import { readFileSync } from "node:fs";
import hocon from "@pushcorn/hocon-parser";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { isInstallPath } from "../../src/policy/install-path.ts";
import { codePoints, erlangReader, readOptionFiles, readVmArgs } from "../support/erlang-reader.ts";
import { readBatch } from "../support/batch-reader.ts";
import { readHocon } from "../support/hocon-reader.ts";
import { requireOrSkip } from "../support/requirements.ts";
import { sharedDir } from "../support/shared.ts";
import { readShell } from "../support/shell-reader.ts";
import { fileNamed, rendered } from "./requests.ts";

/** Every folder that is accepted comes back from every format as it was, and nothing else with it. */

const segment = fc.stringMatching(/^[A-Za-z0-9_.:@+=,-]{1,24}$/);
const generated = fc
  .array(segment, { minLength: 1, maxLength: 6 })
  .map((segments) => `/${segments.join("/")}`)
  .filter((path) => isInstallPath(path, "posix"));

const valuesSchema = z.object({ values: z.array(z.object({ field: z.string(), value: z.unknown() })) });
const given = (): readonly string[] =>
  sharedDir === null
    ? []
    : valuesSchema
        .parse(JSON.parse(readFileSync(`${sharedDir}/data/render/values.json`, "utf8")))
        .values.flatMap(({ field, value }) => (field === "path" && typeof value === "string" ? [value] : []))
        .filter((value) => isInstallPath(value, "posix"));

const FOLDERS: readonly string[] = [...given(), ...fc.sample(generated, { numRuns: 40, seed: 11 })];

const filesIn = (folder: string) => ({
  certfile: `${folder}/node.pem`,
  keyfile: `${folder}/node_key.pem`,
  cacertfile: `${folder}/ca.pem`,
});

/** The words behind `-ssl_dist_opt`, in the order of the files above, for one role. */
const dialledWith = (words: readonly string[], role: "server" | "client") =>
  Object.fromEntries(
    ["certfile", "keyfile", "cacertfile"].map((key) => [key, words[words.indexOf(`${role}_${key}`) + 1]]),
  );

const tuple = (name: string, value: unknown) => ({ tuple: [{ atom: codePoints(name) }, value] });

/** The whole option file, as Erlang must read it. */
const expectedOptions = (folder: string) => {
  const { certfile, keyfile, cacertfile } = filesIn(folder);
  const common = [
    tuple("cacertfile", codePoints(cacertfile)),
    tuple("certfile", codePoints(certfile)),
    tuple("keyfile", codePoints(keyfile)),
    tuple("versions", [{ atom: codePoints("tlsv1.3") }, { atom: codePoints("tlsv1.2") }]),
    tuple("verify", { atom: codePoints("verify_peer") }),
  ];
  return [
    tuple("server", [
      ...common,
      tuple("fail_if_no_peer_cert", { atom: codePoints("true") }),
      tuple("depth", 2),
    ]),
    tuple("client", [...common, tuple("depth", 2)]),
  ];
};

requireOrSkip("Erlang", erlangReader)("TLS distribution", () => {
  it("reads the folders from every product's option file, and no option besides", async () => {
    const wishes = FOLDERS.flatMap((certsDir) => [
      {
        certsDir,
        text: fileNamed(rendered("rabbitmq", { settings: { certsDir } }), "inter_node_tls.config").content,
      },
      { certsDir, text: fileNamed(rendered("emqx", { settings: { certsDir } }), "ssl_dist.conf").content },
      {
        certsDir,
        text: fileNamed(rendered("mongooseim", { settings: { certsDir } }), "inter_node_tls.conf").content,
      },
      {
        certsDir,
        text: fileNamed(rendered("erlang", { settings: { certsDir } }), "inter_node_tls.conf").content,
      },
    ]);
    const read = await readOptionFiles(wishes.map(({ text }) => text));
    expect(read).toEqual(wishes.map(({ certsDir }) => expectedOptions(certsDir)));
  });

  it("evaluates the match function of a wildcard's option file", async () => {
    const [read] = await readOptionFiles([
      fileNamed(rendered("erlang", { wildcard: true }), "inter_node_tls.conf").content,
    ]);
    const [server, client] = expectedOptions("/opt/app/etc/tls");
    const matching = tuple("customize_hostname_check", [tuple("match_fun", { fun: "public_key/2" })]);
    const options = z.tuple([z.unknown(), z.array(z.unknown())]).parse(client?.tuple);
    expect(read).toEqual([server, { tuple: [options[0], [...options[1], matching]] }]);
  });

  it("gets the folders from flags in vm.dist.args and vm.args", async () => {
    for (const certsDir of FOLDERS) {
      const settings = { certsDir, strategy: "flags" };
      const block = await readVmArgs(fileNamed(rendered("mongooseim", { settings }), "vm.dist.args").content);
      const pairs = await readVmArgs(fileNamed(rendered("erlang", { settings }), "vm.args").content);
      for (const words of [block, pairs]) {
        expect(dialledWith(words, "server")).toEqual(filesIn(certsDir));
        expect(dialledWith(words, "client")).toEqual(filesIn(certsDir));
      }
      expect(block.filter((word) => word.startsWith("-"))).toEqual([
        "-kernel",
        "-kernel",
        "-proto_dist",
        "-ssl_dist_opt",
      ]);
      expect(pairs.filter((word) => word.startsWith("-") && word !== "-ssl_dist_opt")).toEqual([
        "-name",
        "-proto_dist",
        "-kernel",
      ]);
    }
  });
});

describe("a shell", () => {
  const NAMES = ["NODENAME", "USE_LONGNAME", "SERVER_ADDITIONAL_ERL_ARGS", "RABBITMQ_CTL_ERL_ARGS"];
  const read = (settings: Readonly<Record<string, unknown>>) =>
    readShell(fileNamed(rendered("rabbitmq", { settings }), "rabbitmq-env.conf").content, NAMES);

  it("hands RabbitMQ's server and tools the same flags, with the folders in them", async () => {
    for (const certsDir of FOLDERS) {
      const variables = await read({ certsDir, strategy: "flags" });
      const server = variables.get("SERVER_ADDITIONAL_ERL_ARGS") ?? [];
      expect(variables.get("RABBITMQ_CTL_ERL_ARGS")).toEqual(server);
      expect(dialledWith(server, "server")).toEqual(filesIn(certsDir));
      expect(dialledWith(server, "client")).toEqual(filesIn(certsDir));
      expect(server).toHaveLength(2 + 13 * 3);
    }
  });

  it("hands them the option file", async () => {
    for (const configDir of FOLDERS) {
      const variables = await read({ configDir });
      const flags = ["-proto_dist", "inet_tls", "-ssl_dist_optfile", `${configDir}/inter_node_tls.config`];
      expect([...variables.values()]).toEqual([["rabbit@r1.nodes.example"], ["true"], flags, flags]);
    }
  });

  it("hands ejabberd its flags behind those that were there", async () => {
    for (const configDir of FOLDERS) {
      const wish = { node: "ejabberd@e1.nodes.example", settings: { release: "ejabberd", configDir } };
      const text = fileNamed(rendered("erlang", wish), "ejabberdctl.cfg").content;
      const variables = await readShell(text, ["ERLANG_NODE", "FIREWALL_WINDOW", "ERL_OPTIONS"], {
        ERL_OPTIONS: "-env A",
      });
      expect([...variables.values()]).toEqual([
        [wish.node],
        ["9100-9110"],
        ["-env", "A", "-proto_dist", "inet_tls", "-ssl_dist_optfile", `${configDir}/inter_node_tls.config`],
      ]);
    }
  });

  it("hands an Elixir release its name and cookie", async () => {
    const text = fileNamed(
      rendered("erlang", { settings: { release: "elixir" }, cookie: "Zs-9_q" }),
      "env.sh",
    ).content;
    const variables = await readShell(text, ["RELEASE_DISTRIBUTION", "RELEASE_NODE", "RELEASE_COOKIE"]);
    expect([...variables.values()]).toEqual([["name"], ["app@g1.nodes.example"], ["Zs-9_q"]]);
  });
});

describe("EMQX", () => {
  it("reads the folders from emqx.conf, and no key besides", async () => {
    for (const certsDir of FOLDERS) {
      const rendering = rendered("emqx", { settings: { certsDir }, cookie: "s" });
      const text = fileNamed(rendering, "emqx.conf").content;
      expect(await hocon.parse({ text })).toEqual({
        node: { name: "emqx1@192.168.0.11", cookie: "s" },
        cluster: { proto_dist: "inet_tls" },
        rpc: { driver: "ssl", port_discovery: "stateless", ...filesIn(certsDir) },
      });
      expect([...readHocon(text).keys()]).toEqual(["node", "cluster", "rpc"]);
    }
  });

  it("has in its schema every key of the rpc block (erlang.md §8)", () => {
    const read = readHocon(
      fileNamed(rendered("emqx", { settings: { tlsVersions: ["1.2"] } }), "emqx.conf").content,
    );
    const rpc = z.object({ object: z.map(z.string(), z.unknown()) }).parse(read.get("rpc")).object;
    expect([...rpc.keys()]).toEqual([
      "driver",
      "port_discovery",
      "certfile",
      "keyfile",
      "cacertfile",
      "tls_versions",
    ]);
  });

  it("reads the folders from its environment", () => {
    for (const certsDir of FOLDERS) {
      const { content } = fileNamed(
        rendered("emqx", { settings: { certsDir, packaging: "docker" } }),
        "emqx.env",
      );
      const lines = content
        .trimEnd()
        .split("\n")
        .filter((line) => !line.startsWith("#"));
      const variables = Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
      );
      expect(variables).toEqual({
        EMQX_NODE__NAME: "emqx1@192.168.0.11",
        EMQX_CLUSTER__PROTO_DIST: "inet_tls",
        EMQX_RPC__DRIVER: "ssl",
        EMQX_RPC__PORT_DISCOVERY: "manual",
        EMQX_RPC__CERTFILE: `${certsDir}/node.pem`,
        EMQX_RPC__KEYFILE: `${certsDir}/node_key.pem`,
        EMQX_RPC__CACERTFILE: `${certsDir}/ca.pem`,
      });
    }
  });
});

describe("Windows", () => {
  it("reads the folders from the batch file", () => {
    const folders = fc.sample(
      fc
        .array(fc.stringMatching(/^[A-Za-z0-9_@+-]{1,24}$/), { minLength: 1, maxLength: 5 })
        .map((segments) => `C:/${segments.join("/")}`),
      { numRuns: 40, seed: 13 },
    );
    for (const certsDir of folders) {
      const settings = { packaging: "windows", strategy: "flags", certsDir };
      const variables = readBatch(
        fileNamed(rendered("rabbitmq", { settings }), "rabbitmq-env-conf.bat").content,
      );
      expect([...variables.keys()]).toEqual([
        "NODENAME",
        "USE_LONGNAME",
        "SERVER_ADDITIONAL_ERL_ARGS",
        "CTL_ERL_ARGS",
      ]);
      expect(variables.get("CTL_ERL_ARGS")).toEqual(variables.get("SERVER_ADDITIONAL_ERL_ARGS"));
      expect(dialledWith(variables.get("CTL_ERL_ARGS") ?? [], "client")).toEqual(filesIn(certsDir));
    }
  });
});
